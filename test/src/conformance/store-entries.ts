import { monoMs, rfc3339, wallMs } from '@infra-home/shared/clock.ts'
import type { StateKey } from '@infra-home/shared/messages/states.ts'
import type { Numbers, TmMessage } from '@infra-home/shared/messages/tm.ts'
import { ulidFactory } from '@infra-home/shared/ulid.ts'
import type { Entry } from '@infra-home/coordinator/audit/entry.ts'

export const START = Date.UTC(2026, 10, 1)

export type EntryMaker = {
  /** An event. */
  event(at: number, rest?: Partial<Pick<Entry, 'node' | 'cause'>> & { text?: string }): Entry
  request(at: number): Entry
  /** A batch of numbers, taken in at `at` and seen at `seen`. */
  numbers(at: number, node: string, numbers: Readonly<Record<StateKey, Numbers>>, seen?: number): Entry
}

/** Makes entries with consecutive positions after `position`, and ids as the coordinator makes them. */
export const entryMaker = (position = 0, random: () => number = () => 0.5): EntryMaker => {
  let pos = position
  const newId = ulidFactory(() => [Math.floor(random() * 2 ** 40), Math.floor(random() * 2 ** 40)])
  const frame = (at: number) => ({
    pos: ++pos,
    id: newId(at),
    site: 'home',
    at: rfc3339(wallMs(at)),
    mono: at - START,
    epoch: 1,
  })
  return {
    event: (at, { node = null, cause = null, text = 'rpi4-1' } = {}) => ({
      ...frame(at),
      kind: 'tick',
      node,
      cause,
      body: { subjects: [text] },
    }),
    request: (at) => ({
      ...frame(at),
      kind: 'request',
      node: null,
      cause: null,
      body: { request: 'unsilence', id: 'a-silence', by: 'admin' },
    }),
    numbers: (at, node, numbers, seen = at) => ({
      ...frame(at),
      kind: 'numbers',
      node,
      cause: null,
      body: {
        seen: { wall: wallMs(seen), mono: monoMs(seen - START), corrected: true },
        message: tm(pos, node, seen, numbers),
      },
    }),
  }
}

const tm = (seq: number, node: string, at: number, numbers: TmMessage['numbers']): TmMessage => ({
  v: 1,
  site: 'home',
  node,
  boot: '6f0c2f0e-2b43-4d1c-9a52-6f2c1f0e2b43',
  session: 3,
  seq,
  at: rfc3339(wallMs(at)),
  mono: at - START,
  sentMono: at - START + 4,
  numbers,
})
