import type { MonoMs } from '../clock.ts'
import { type Candidate, unfit } from './choice.ts'
import { quotaOf } from './quota.ts'
import { refusalOf } from './refusals.ts'
import type { UplinkPlan, WanParams, WanState } from './state.ts'

/** The uplinks of the plan as the choice sees them now; the one in use refuses nothing. Pure. */
export const candidatesOf = ({ uplinks }: WanParams, state: WanState, now: MonoMs): readonly Candidate[] => {
  const plain = uplinks.map((plan) => candidateOf(plan, state))
  const isNeeded = state.hold === null && isInNeed(plain, state) // under a hold nobody insists
  return plain.map((one) => {
    if (one.id === state.active) return one
    return { ...one, refusal: refusalOf(state.failed[one.id], isNeeded, now) }
  })
}

/** Whether traffic is where it should not be. */
const isInNeed = (candidates: readonly Candidate[], { active }: Pick<WanState, 'active'>): boolean => {
  const used = candidates.find(({ id }) => id === active)
  return !used || unfit(used) !== null
}

const candidateOf = ({ id, priority, capBytes, phone }: UplinkPlan, { uplinks }: WanState): Candidate => {
  const track = uplinks[id]
  const health = { batteryPercent: null, temperatureC: null, charging: null, ...track?.phone }
  return {
    id,
    priority,
    state: track?.state ?? 'unknown',
    isAsleep: track?.cause === 'asleep',
    lacksAddress: track?.cause === 'address',
    isWarned: track?.isWarned ?? false,
    quota: quotaOf(track?.usedBytes ?? null, capBytes),
    phone: phone && { ...phone, ...health },
    waking: track?.waking ?? 'possible',
  }
}

/** Whether an uplink's data plan is used up, as far as is known. Pure. */
export const isSpent = (
  { uplinks }: { readonly uplinks: readonly Pick<UplinkPlan, 'id' | 'capBytes'>[] },
  state: Pick<WanState, 'uplinks'>,
  uplink: string,
): boolean =>
  uplinks.some(
    ({ id, capBytes }) =>
      id === uplink && quotaOf(state.uplinks[id]?.usedBytes ?? null, capBytes) === 'spent',
  )
