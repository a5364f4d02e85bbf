import { hours, minutes } from '@infra-home/shared/clock.ts'
import type { Entry } from '@infra-home/coordinator/audit/entry.ts'
import type { Store } from '@infra-home/coordinator/db/store.ts'
import { type EntryMaker, entryMaker, START } from './store-entries.ts'

/** Six nodes, a batch of each every ten seconds, committed by the minute; 200 events, a roll-up and a snapshot an hour. */
export const liveADay = async (store: Store): Promise<void> => {
  const random = seeded(42)
  const make = entryMaker(0, random)
  for (let minute = 0; minute < 1440; minute++) {
    const at = START + minutes(minute)
    const { pos } = await store.append(batches(make, at, 36))
    if (minute % 7 === 0) await store.append([make.event(at, { node: 'node-1', text: 'x'.repeat(400) })])
    if (minute % 60 !== 5) continue
    await store.rollUp(at)
    await store.saveSnapshot({ pos, at: new Date(at).toISOString(), state: worldOf60KB(random) })
  }
  await store.prune(START + hours(24))
}

/** Barely compressible, to be on the safe side. */
const worldOf60KB = (random: () => number): string =>
  Array.from({ length: 4600 }, () => random().toString(36).slice(2, 15)).join(',')

/** `count` batches of six nodes within a minute, about 400 bytes of numbers each. */
export const batches = (make: EntryMaker, at: number, count: number): Entry[] =>
  Array.from({ length: count }, (_, i) => {
    const seen = at + Math.floor((i * 60_000) / count)
    const wave = (base: number, span: number): number =>
      Math.round((base + span * Math.sin(seen / 7e5 + i)) * 10) / 10
    return make.numbers(seen, `node-${i % 6}`, {
      'host/host': {
        load1: wave(1, 0.5),
        temperatureC: wave(51, 4),
        memoryAvailableBytes: 2e9 + ((seen * 7919) % 1e8),
        uptimeSeconds: seen / 1000,
        cpuPressurePercent: wave(3, 2),
      },
      'link/eth0': {
        rxBytes: seen * 3,
        txBytes: seen * 2,
        rxErrors: 0,
        txErrors: 0,
        rxRateBps: wave(9000, 800),
      },
      'link/eth0.10': { rxBytes: seen, txBytes: seen + 7, rxErrors: 0, txErrors: 0 },
      'modem/mifi': {
        rsrpDbm: wave(-95, 6),
        rsrqDb: wave(-11, 2),
        sinrDb: wave(9, 5),
        rssiDbm: wave(-65, 5),
      },
    })
  })

/** Numbers from 0 to 1 that are the same every time (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
