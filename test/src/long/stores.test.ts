// What a day of a home costs an SD card.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openStoreHere } from '@infra-home/coordinator/db/open-store-here.ts'
import { liveADay } from '../conformance/store-day.ts'

/** Bytes that this process made the kernel write to block devices (proc(5), write_bytes). */
const written = (): number =>
  Number(/write_bytes: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))?.[1] ?? 0)

await t.test('a quiet home writes less than 100 MB a day', async (t) => {
  const path = join(t.testdir(), 'store.db')
  const store = await openStoreHere({ path })
  const before = written()
  await liveADay(store)
  await store.close()
  const bytes = written() - before
  t.comment(`written in a day: ${(bytes / 1e6).toFixed(1)} MB`)
  if (bytes === 0) t.pass('this file system’s writes are not counted')
  else t.ok(bytes < 100e6, `${(bytes / 1e6).toFixed(1)} MB`)
})
