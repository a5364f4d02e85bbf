import type { CounterName } from '../../counters.ts'
import { deviationsNow } from '../views/topology.ts'
import { counter, type Family, gauge, only, samplesOf } from './family.ts'

const counted = (
  name: string,
  help: string,
  of: { readonly counter: CounterName; readonly label: string },
): Family =>
  counter(name, help, [of.label], ({ context }) =>
    samplesOf(
      Object.entries(context.counters.read(of.counter)),
      ([key]) => [key],
      ([, count]) => count,
    ),
  )

/** The coordinator itself. */
export const OWN_FAMILIES: readonly Family[] = [
  gauge('build_info', 'The coordinator’s version.', ['version'], ({ context }) => [
    { labels: [context.version], value: 1 },
  ]),
  gauge('coordinator_ready', 'Whether the coordinator can do all of its work.', [], ({ context }) =>
    only(Number(context.readiness().ready)),
  ),
  gauge('coordinator_clock_seconds', 'The coordinator’s wall clock.', [], ({ now }) => only(now.wall / 1000)),
  gauge(
    'coordinator_listening_seconds',
    'How long this coordinator has been listening.',
    [],
    ({ context, now }) => only((now.mono - context.world.listeningSince) / 1000),
  ),
  gauge('coordinator_rss_bytes', 'Resident memory of the coordinator.', [], ({ context }) =>
    only(context.rssBytes()),
  ),
  gauge('epoch', 'The reign of this coordinator.', [], ({ context }) => only(context.world.epoch)),
  gauge('broker_connected', 'Whether the coordinator has its broker.', [], ({ context }) =>
    only(Number(context.broker.connected())),
  ),
  counted('broker_refusals_total', 'What the broker refused.', { counter: 'refused', label: 'reason' }),
  counted('ingest_messages_total', 'Messages by what became of them.', {
    counter: 'ingest',
    label: 'result',
  }),
  counted('token_refusals_total', 'Wrong tokens that came to the API.', {
    counter: 'tokens',
    label: 'result',
  }),
  gauge('journal_position', 'The last position of the journal.', [], ({ context }) =>
    only(context.world.position),
  ),
  gauge('journal_waiting_entries', 'Entries that are not on the disk yet.', [], ({ context }) =>
    only(context.journalWaiting()),
  ),
  counted('journal_failures_total', 'Writes of the journal that failed.', {
    counter: 'journal',
    label: 'result',
  }),
  gauge('topology_deviations', 'Deviations from the plan.', [], ({ context }) =>
    only(deviationsNow(context.topology, context.world).length),
  ),
  gauge('backup_timestamp_seconds', 'When the newest backup was made.', [], ({ backups: [newest] }) =>
    only(newest ? Date.parse(newest.at) / 1000 : null),
  ),
  gauge('backup_bytes', 'The size of the newest backup.', [], ({ backups: [newest] }) =>
    only(newest?.bytes ?? null),
  ),
  gauge(
    'backup_copy_current',
    'Whether the node holds a copy of the newest backup.',
    ['node'],
    ({ copies }) =>
      samplesOf(
        copies,
        ({ node }) => [node],
        ({ state }) => state === 'current',
      ),
  ),
]
