import { setTimeout as wait } from 'node:timers/promises'
import { tell } from '../helpers/exec-here.ts'
import { watchLateness } from '../helpers/late-ticks.ts'
import type { Household } from './household.ts'
import { outageOfASecond, type Place } from './outage.ts'
import { leavesBy } from './uplinks.ts'

/** The devices by which packets left while something was done, in turn, and how late this process's timers were meanwhile. */
export type Stillness = { readonly devices: readonly string[]; readonly lateMs: number }

export const during = async (work: () => Promise<unknown>): Promise<Stillness> => {
  const late = watchLateness()
  const seen = [leavesBy()]
  const timer = setInterval(() => {
    const now = leavesBy()
    if (now !== seen.at(-1)) seen.push(now)
  }, 50)
  await work()
  clearInterval(timer)
  return { devices: seen, lateMs: late() }
}

/** How long a move that was decided in an outage may take to be seen after its end. */
const AFTERMATH_MS = 2000

/** What a second without a line at a gateway's makes of traffic. */
export const duringOutage = async (gateway: string, place: Place): Promise<Stillness> => {
  let over = 0
  const seen = await during(async () => {
    over = await outageOfASecond(gateway, place)
    await wait(AFTERMATH_MS)
  })
  return { ...seen, lateMs: seen.lateMs + over }
}

/** Beyond this, what was meant to last for a second lasted for longer somewhere. */
const BUSY_MS = 100

/** Tells whether something left traffic where it is; a busy machine is given other chances. */
export const still = async (
  home: Household,
  what: string,
  attempt: () => Promise<Stillness>,
): Promise<void> => {
  for (let left = 3; ; left--) {
    const seen = await attempt()
    const why = await whyMoved(home, seen)
    if (leavesBy() !== 'wan1') await home.goBack()
    if (why === null || seen.lateMs < BUSY_MS || left === 0) return tell(what, { ...seen, why })
  }
}

/** What is said of a move that should not have been; null where there was none. */
const whyMoved = async (home: Household, { devices }: Stillness): Promise<string | null> => {
  if (devices.length === 1) return null
  const id = (await home.wan())?.lastDecision?.id
  return home.get<string>(`/api/v1/events/${id}/explain`, 'text/plain')
}
