import type { SimState } from '@infra-home/shared/messages/modem.ts'

const STATES: ReadonlyMap<string, SimState> = new Map<string, SimState>([
  ['READY', 'ready'],
  ['LOADED', 'ready'],
  ['ABSENT', 'absent'],
  ['PIN_REQUIRED', 'locked'],
  ['PUK_REQUIRED', 'locked'],
  ['NETWORK_LOCKED', 'invalid'],
  ['PERM_DISABLED', 'invalid'],
  ['CARD_IO_ERROR', 'invalid'],
  ['CARD_RESTRICTED', 'invalid'],
])

/** The SIM of a slot in the property gsm.sim.state: a word for each slot with commas between (AOSP, IccCardConstants.State). */
export const parseSimStates = (text: string, slot: number): SimState =>
  STATES.get(text.endsWith('\n') ? (text.trim().split(',')[slot] ?? '') : '') ?? 'unknown'
