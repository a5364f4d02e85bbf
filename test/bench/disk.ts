import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hours } from '@infra-home/shared/clock.ts'
import { type House, openHouse } from '../src/scenarios/home/house.ts'
import { type Bench, figure, type Figure } from './figure.ts'

const NAMES = ['disk-day-coordinator', 'disk-day-agent'] as const
const PAGE_BYTES = 4096

/** Bytes that a quiet home makes its machines write to their cards in a day, which passes in simulated time. */
export const disk: Bench = async ({ quick, say }) => {
  const folder = mkdtempSync(join(tmpdir(), 'infra-home-disk-'))
  const length = quick ? 2 : 24
  const house = await openHouse({
    seed: 1,
    broker: 'embedded',
    sampleMs: 10_000,
    storePath: join(folder, 'store.db'),
  })
  const before = writtenByUs()
  await live(house, length, say)
  await house.store.backup(join(folder, 'backup.db'))
  const coordinator = writtenByUs() - before
  await house.store.close()
  rmSync(folder, { recursive: true, force: true })
  const agents = [...house.devices.values()].map(({ disk }) => writtenBy(disk.written))
  const perDay = 24 / length
  return [
    bytesFigure(NAMES[0], coordinator > 0 ? [coordinator * perDay] : []),
    bytesFigure(
      NAMES[1],
      agents.map((bytes) => bytes * perDay),
    ),
  ]
}

/** With what the coordinator's jobs do by default: a roll-up every hour, and a night's pruning and backup. */
const live = async (house: House, length: number, say: (text: string) => void): Promise<void> => {
  house.seat.start()
  for (const device of house.devices.values()) device.start()
  for (let hour = 1; hour <= length; hour++) {
    await house.time.runTo(hours(hour))
    const wall = house.wallAtStart + hours(hour)
    await house.store.rollUp(wall - (wall % hours(1)))
    if (hour % 6 === 0) say(`${hour} hours have passed: ${(await house.store.head()).pos} entries`)
  }
  await house.store.prune(house.wallAtStart + hours(length))
}

/** Bytes that this process made the kernel write to block devices (proc(5), write_bytes). */
const writtenByUs = (): number =>
  Number(/^write_bytes: (\d+)/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1] ?? 0)

/** Every write of an agent counted as if it had a page to itself, to be on the safe side. */
const writtenBy = ({ bytes, calls }: { readonly bytes: number; readonly calls: number }): number =>
  bytes + calls * PAGE_BYTES

const bytesFigure = (name: string, ours: readonly number[]): Figure => ({
  ...figure(name, 'bytes a day', { ours, yardstick: [], against: 'none' }),
  yardstick: {
    name: 'none',
    value: null,
    why: ours.length > 0 ? 'an amount of its own' : 'this file system’s writes are not counted',
  },
})
