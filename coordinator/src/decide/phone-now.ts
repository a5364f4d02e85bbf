import { elapsed, later, minutes, type MonoMs } from '@infra-home/shared/clock.ts'
import type { TetherState } from '@infra-home/shared/messages/tether.ts'
import type { Waking } from '@infra-home/shared/wan/choice.ts'
import { hasNoService } from '@infra-home/shared/wan/modem-word.ts'
import type { Track } from '@infra-home/shared/wan/state.ts'
import { type NodeWorld, stateOf, statesOf } from '../world/node.ts'
import type { World } from '../world/world.ts'
import { REST } from './tether-move.ts'
import type { PhoneLimits, TetherPlan } from './tether-plan.ts'

/** A phone tells of its battery every minute: what is older says nothing of now. */
const OLD = minutes(10)

/** A phone of which something is heard. */
const heardPhone = (world: World, name: string): NodeWorld | null => {
  const phone = world.nodes[name]
  return phone && (phone.presence === 'online' || phone.presence === 'late') ? phone : null
}

/** A phone's charge and heat, as it told them of late; null while they are not known. Pure. */
export const phoneHealthOf = (world: World, name: string, now: MonoMs): Track['phone'] => {
  const phone = heardPhone(world, name)
  const fact = phone?.numbers['battery/own']
  if (!phone || !fact || elapsed(fact.seen.mono, now) > OLD) return null
  const { batteryPercent = null, temperatureC = null } = fact.values
  return { batteryPercent, temperatureC, charging: stateOf(phone, 'battery', 'own')?.body.charging ?? null }
}

/** A phone that was put away for a limit has to be so far within it again: at the limit itself it would go to and fro. */
const BACK_WITHIN = { batteryPercent: 5, temperatureC: 3 }

/** The limits of a phone as they are now. Pure. */
export const limitsNow = (
  { wan }: Pick<World, 'wan'>,
  { uplink, minBatteryPercent, maxTemperatureC }: TetherPlan,
): PhoneLimits => {
  const fact = wan.tethers[uplink]
  const passed = fact?.stage === 'resting' ? fact.reason : null
  return {
    minBatteryPercent: minBatteryPercent + (passed === 'battery-low' ? BACK_WITHIN.batteryPercent : 0),
    maxTemperatureC: maxTemperatureC - (passed === 'too-hot' ? BACK_WITHIN.temperatureC : 0),
  }
}

/** The entry that says it. Pure. */
export const healthEvidence = ({ nodes }: World, name: string): string[] => {
  const numbers = nodes[name]?.numbers['battery/own']
  return numbers ? [numbers.by] : []
}

/** What a phone says of its lending; null while it is not heard, and for one that lends nothing. Pure. */
export const tetherStateOf = (world: World, name: string): TetherState | null => {
  const phone = heardPhone(world, name)
  const fact = phone && stateOf(phone, 'tether', 'own')
  return fact && fact.session === phone.session ? fact.body : null
}

/** Whether none of a phone's own modems has a network, by its word of this session. Pure. */
export const isPhoneOut = (world: World, name: string): boolean => {
  const phone = heardPhone(world, name)
  const modems = phone ? statesOf(phone, 'modem').filter(([, { session }]) => session === phone.session) : []
  return modems.length > 0 && modems.every(([, { body }]) => hasNoService(body))
}

/** A phone that was called so often without coming lets others go first, for so long after the last call. */
const CALLED_IN_VAIN = 2
const OTHERS_FIRST = minutes(10)

/** Whether a phone that sleeps would come if it were called, and until when that is so without any event; null for ever. Pure. */
export const wakingOf = (
  world: World,
  { uplink, phone }: TetherPlan,
  now: MonoMs,
): { readonly waking: Waking; readonly until: MonoMs | null } => {
  const fact = world.wan.tethers[uplink]
  if (tetherStateOf(world, phone) === null || isPhoneOut(world, phone))
    return { waking: 'impossible', until: null }
  const restedAt = fact?.stage === 'resting' ? later(fact.since, REST) : now
  if (now < restedAt) return { waking: 'impossible', until: restedAt }
  const until = fact && fact.tries >= CALLED_IN_VAIN ? later(fact.orderedAt, OTHERS_FIRST) : now
  return now < until ? { waking: 'failing', until } : { waking: 'possible', until: null }
}
