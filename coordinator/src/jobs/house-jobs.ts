import { type Clock, days } from '@infra-home/shared/clock.ts'
import type { Channel } from '../alerts/channels/channel.ts'
import type { LoadedConfig } from '../config.ts'
import type { Coordinator } from '../coordinator.ts'
import type { Store } from '../db/store.ts'
import type { Entry } from '../world/input.ts'
import type { Backups } from './backups.ts'
import { digestOf } from './digest.ts'
import type { Job } from './jobs.ts'

export type HouseJobsOptions = {
  readonly loaded: LoadedConfig
  readonly clock: Clock
  readonly store: Store
  readonly coordinator: Coordinator
  readonly channels: readonly Channel[]
  readonly backups: Pick<Backups, 'take'>
}

/** Roll-up every hour, pruning and backup every night, the digest when its owner wants it. */
export const houseJobs = ({
  loaded,
  clock,
  store,
  coordinator,
  channels,
  backups,
}: HouseJobsOptions): Job[] => {
  const { backup = {}, digestAt } = loaded.config
  const digest: Job = {
    name: 'digest',
    at: digestAt ?? '',
    run: () => tellDigest(store, coordinator, channels),
  }
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
    ...(digestAt ? [digest] : []),
  ]
}

/** Chunks of an hour are written once when the hour is over. */
const wholeHour = (wall: number): number => wall - (wall % 3_600_000)

const tellDigest = async (
  store: Store,
  coordinator: Coordinator,
  channels: readonly Channel[],
): Promise<void> => {
  const since = coordinator.clock.now().wall - days(1)
  const newest = await store.entries({ kinds: ['decision'], limit: 1000, newestFirst: true })
  const fired = (newest as readonly Entry[]).filter(
    (entry) => Date.parse(entry.at) >= since && entry.kind === 'decision' && entry.body.reason === 'fired',
  )
  await coordinator.ask({
    request: 'tell',
    about: 'digest',
    channels: channels.map(({ name }) => name),
    title: 'Daily digest',
    text: digestOf(coordinator.world, fired),
    by: 'schedule',
  })
}
