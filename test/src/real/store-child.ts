import { rmSync, writeFileSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { rfc3339, wallMs } from '@infra-home/shared/clock.ts'
import { isInfraError } from '@infra-home/shared/errors.ts'
import type { Entry } from '@infra-home/coordinator/audit/entry.ts'
import type { Store } from '@infra-home/coordinator/db/store.ts'
import { openStoreInWorker } from '@infra-home/coordinator/db/worker/client.ts'
import { batches, seeded } from '../conformance/store-day.ts'
import { type EntryMaker, entryMaker, START } from '../conformance/store-entries.ts'

/** Lines go out at once: what was said must have been said before a SIGKILL. */
const say = (...words: readonly unknown[]): void => void writeSync(1, `${words.join(' ')}\n`)

/** A second of a busy site: numbers with events between them. */
const second = (make: EntryMaker, at: number): Entry[] => [
  make.event(at, { node: 'node-1', text: 'x'.repeat(300) }),
  ...batches(make, at, 40),
  make.event(at + 900),
]

/** Appends as fast as it goes, and says `acked POSITION HASH` after each, until it is killed. */
const load = async (path: string): Promise<never> => {
  const store = await openStoreInWorker({ path })
  const { pos } = await store.head()
  await store.takeEpoch()
  const make = entryMaker(pos, seeded(pos + 1))
  say('open', pos)
  for (let i = 0; ; i++) {
    const at = START + (pos + i) * 1000
    const acked = await Promise.all([store.append(second(make, at)), store.append([make.event(at + 950)])])
    for (const head of acked) say('acked', head.pos, head.hash)
    if (i % 10 === 9)
      void store.saveSnapshot({ pos: acked[1].pos, at: rfc3339(wallMs(at)), state: `{"at":${at}}` })
    if (i % 23 === 22) void store.rollUp(at)
  }
}

/** Fills the disk that `path` is on, makes room again, goes on; says what it saw as one line of JSON. */
const fill = async (path: string): Promise<void> => {
  const ballast = join(dirname(path), 'ballast')
  writeFileSync(ballast, Buffer.alloc(1_000_000, 1))
  const store = await openStoreInWorker({ path })
  const make = entryMaker(0, seeded(1))
  const kept: Entry[] = []
  const refused = await appendUntilFull(store, make, kept)
  const during = { head: (await store.head()).pos, chain: (await store.verify()).ok }
  const again = await codeOf(store.append(refused.entries))
  rmSync(ballast)
  await store.append(refused.entries)
  kept.push(...refused.entries)
  await store.close()

  const reopened = await openStoreInWorker({ path })
  const found: number[] = []
  for await (const { pos } of reopened.tail(0)) found.push(pos)
  const chain = (await reopened.verify()).ok
  await reopened.close()
  const whole = found.length === kept.length && found.every((pos, i) => pos === i + 1)
  say(JSON.stringify({ code: refused.code, before: refused.before, during, again, chain, whole }))
}

const appendUntilFull = async (
  store: Store,
  make: EntryMaker,
  kept: Entry[],
): Promise<{ code: string | null; before: number; entries: Entry[] }> => {
  for (let i = 0; ; i++) {
    const entries = second(make, START + i * 1000)
    const before = kept.length
    const code = await codeOf(store.append(entries))
    if (code !== 'none') return { code, before, entries }
    kept.push(...entries)
  }
}

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'none',
    (error: unknown) => (isInfraError(error) ? error.code : String(error)),
  )

const [, , what, path] = process.argv
await (what === 'fill' ? fill(path as string) : load(path as string))
