import type { House } from './house.ts'
import type { Note } from './story.ts'
import { tableOf } from './table.ts'

/** What is done when; where nothing is done, people look at a table of the home. */
export type Turn<H extends House = House> = readonly [at: string, what: string, turn?: (house: H) => void]

/** Plays some hours of a day, and returns what was done when. */
export const play = async <H extends House>(
  house: H,
  turns: readonly Turn<H>[],
  { from, to }: { readonly from: string; readonly to: string },
): Promise<Note[]> => {
  const notes: Note[] = []
  const runTo = (at: string): Promise<void> => house.time.runTo((secondsOf(at) - secondsOf(from)) * 1000)
  house.seat.start()
  for (const device of house.devices.values()) device.start()
  for (const [at, what, turn] of turns) {
    await runTo(at)
    const before = await reachedBy(house)
    turn?.(house)
    const after = Math.min(before, await reachedBy(house)) // a coordinator that is killed takes with it what was not on its disk
    const text = `\n--- ${at.padEnd(8, ':00')} ${what}`
    notes.push({ after, text: turn ? text : `${text}\n${tableOf(house)}` })
  }
  await runTo(to)
  return notes
}

const secondsOf = (at: string): number => {
  const [hour = 0, minute = 0, second = 0] = at.split(':').map(Number)
  return hour * 3600 + minute * 60 + second
}

/** The journal's last entry; of a coordinator that is no more, the last that is on its disk. */
const reachedBy = async ({ seat, store }: House): Promise<number> =>
  seat.coordinator()?.world.position ?? (await store.head()).pos
