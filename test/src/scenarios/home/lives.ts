import { rmSync } from 'node:fs'
import { entryText } from '@infra-home/coordinator/audit/entry.ts'
import type { Entry } from '@infra-home/coordinator/world/input.ts'
import type { World } from '@infra-home/coordinator/world/world.ts'
import { forgotten, holes, late, misplaced, notOnce, replayFaults, unexplained, untold } from './checks.ts'
import { playBadLuck } from './bad-luck.ts'
import { openBadLuckHouse } from './bad-luck-house.ts'
import { playDay } from './day.ts'
import { playFaults } from './faults.ts'
import { type House, openHouse } from './house.ts'
import { storyOf } from './story.ts'

/** What must be empty, by the promise that it would break. */
export type Broken = Readonly<Record<string, readonly unknown[]>>

export type Day = {
  readonly story: string
  readonly broken: Broken
  /** Of the hour in which the coordinator was down. */
  readonly cameLate: number
  readonly misplaced: readonly string[]
  /** Messages to people that told several things. */
  readonly together: readonly (readonly { event: string; late: boolean; repeat: boolean }[])[]
}

export type TwoHours = {
  readonly broken: Broken
  /** What was done, for whoever has to look into it. */
  readonly done: readonly string[]
  readonly journal: string
}

/** An evening in which everything goes wrong that a default alert is for. */
export type Evening = {
  readonly story: string
  readonly broken: Broken
  /** By the code of a rule: how often its alert fired with nothing to explain it, and was over because all was well. */
  readonly alerts: Readonly<Record<string, { readonly fired: number; readonly resolved: number }>>
  /** What people were told, as `fired code` and `resolved code`. */
  readonly told: readonly string[]
}

/** The evening that is written down. */
export const liveAnEvening = async (): Promise<Evening> => {
  const house = await openBadLuckHouse()
  const notes = await playBadLuck(house)
  const { world, journal } = await end(house)
  const broken = await brokenBy(house, { world, journal })
  await house.store.close()
  rmSync(house.folder, { recursive: true })
  const items = [...house.seat.told, ...house.heard].flatMap((notification) => notification.items)
  return {
    story: storyOf(journal, notes).replaceAll(house.folder, '/etc/infra-home'),
    broken,
    alerts: alertsIn(journal),
    told: items.map(({ event, about }) => `${event} ${about?.code}`),
  }
}

const alertsIn = (journal: readonly Entry[]): Evening['alerts'] => {
  const alerts: Record<string, { fired: number; resolved: number }> = {}
  for (const { kind, body } of journal) {
    if (kind !== 'decision' || body.policy !== 'alerts') continue
    const counts = (alerts[body.code] ??= { fired: 0, resolved: 0 })
    if (body.reason === 'fired' && body.explainedBy === null) counts.fired++
    if (body.reason === 'resolved' && body.cause === 'fine') counts.resolved++
  }
  return alerts
}

/** The day that is written down. */
export const liveADay = async (): Promise<Day> => {
  const house = await openHouse({ seed: 1, broker: 'external', sampleMs: 60_000 })
  const notes = await playDay(house)
  const { world, journal } = await end(house)
  const came = late(journal, '2026-11-01T07:00', '2026-11-01T07:10')
  return {
    story: storyOf(journal, notes),
    broken: await brokenBy(house, { world, journal }),
    cameLate: came.length,
    misplaced: misplaced(house, came),
    together: house.seat.told
      .filter(({ items }) => items.length > 1)
      .map(({ items }) => items.map(({ event, late, repeat }) => ({ event, late, repeat }))),
  }
}

/** Two hours of what `seed` brings: its coordinator has a broker of its own, or somebody else's. */
export const liveTwoHours = async (seed: number): Promise<TwoHours> => {
  const house = await openHouse({
    seed,
    broker: seed % 2 === 0 ? 'embedded' : 'external',
    sampleMs: 120_000,
  })
  const done = await playFaults(house, seed)
  const ended = await end(house)
  return { broken: await brokenBy(house, ended), done, journal: ended.journal.map(entryText).join('\n') }
}

type Ended = { readonly world: World; readonly journal: readonly Entry[] }

/** Stops the coordinator, so that everything is on its disk. */
const end = async (house: House): Promise<Ended> => {
  const coordinator = house.seat.coordinator()
  if (!coordinator) throw new Error('there is no coordinator at the end')
  house.seat.stop()
  await house.time.runTo(house.time.now() + 5000)
  return { world: coordinator.world, journal: await house.journal() }
}

const brokenBy = async (house: House, { world, journal }: Ended): Promise<Broken> => ({
  'what an outbox accepted is in the journal, and nothing is twice': notOnce(house, journal),
  'nothing is missing of the sessions that run': holes(house, journal),
  'the journal leads to the same decisions and the same world': replayFaults(house, journal, world),
  'a start remembers the same world': await forgotten(house, world),
  'every alert goes back to a reading': await unexplained(house, journal),
  'no alert is left on': Object.keys(world.alerts),
  'everybody was told': untold(world),
  'the chain is whole': [await house.store.verify()].filter(({ ok }) => !ok),
})
