import { type Clock, days, type DurationMs, wallMs } from '@infra-home/shared/clock.ts'
import type { Log } from '@infra-home/shared/log.ts'
import { NOBODY_GETS_IT } from '../alerts/digest-doubts.ts'
import type { LoadedConfig } from '../config.ts'
import type { Coordinator } from '../coordinator.ts'
import type { Store } from '../db/store.ts'
import type { Backups } from './backups.ts'
import { decisionsLately } from './decisions-lately.ts'
import { digestOf, isOfDigest } from './digest.ts'
import type { Job } from './jobs.ts'

export type HouseJobsOptions = {
  readonly loaded: LoadedConfig
  readonly clock: Clock
  readonly store: Pick<Store, 'rollUp' | 'prune' | 'entries'>
  readonly coordinator: Pick<Coordinator, 'world' | 'clock' | 'ask'>
  /** Who gets digests, by name. */
  readonly contacts: readonly string[]
  readonly backups: Pick<Backups, 'take'>
  readonly log: Log
}

/** Roll-up every hour, pruning and backup every night, digests when their owner wants them. */
export const houseJobs = ({
  loaded,
  clock,
  store,
  coordinator,
  contacts,
  backups,
  log,
}: HouseJobsOptions): Job[] => {
  const { backup = {}, digestAt, weeklyDigestAt } = loaded.config
  const digest = (name: string, at: string, period: DurationMs): Job => ({
    name,
    at,
    run: () => tellDigest({ store, coordinator, contacts, log }, period),
  })
  return [
    { name: 'roll-up', at: '5 * * * *', run: () => store.rollUp(wholeHour(clock.now().wall)) },
    { name: 'prune', at: '20 3 * * *', run: () => store.prune(clock.now().wall) },
    {
      name: 'backup',
      at: backup.at ?? '40 3 * * *',
      async run() {
        await backups.take()
      },
    },
    ...(digestAt ? [digest('digest', digestAt, days(1))] : []),
    ...(weeklyDigestAt ? [digest('weekly-digest', weeklyDigestAt, days(7))] : []),
  ]
}

/** Chunks of an hour are written once when the hour is over. */
const wholeHour = (wall: number): number => wall - (wall % 3_600_000)

const tellDigest = async (
  { store, coordinator, contacts, log }: Pick<HouseJobsOptions, 'store' | 'coordinator' | 'contacts' | 'log'>,
  period: DurationMs,
): Promise<void> => {
  if (contacts.length === 0) return log('warn', 'a digest is told to nobody', { error: NOBODY_GETS_IT })
  const since = coordinator.clock.now().wall - period
  const isWeekly = period > days(1)
  const lately = await decisionsLately(store, wallMs(since), isOfDigest)
  await coordinator.ask({
    request: 'tell',
    about: 'digest',
    contacts,
    title: isWeekly ? 'Weekly digest' : 'Daily digest',
    text: digestOf(coordinator.world, lately, isWeekly ? 'week' : 'day'),
    by: 'schedule',
  })
}
