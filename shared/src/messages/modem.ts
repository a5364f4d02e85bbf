import * as Type from 'typebox'
import { orNull, Text } from './envelope.ts'
import { literals } from './literals.ts'

export const MODEM_CONDITIONS = [
  'online',
  'no-data',
  'searching',
  'denied',
  'no-sim',
  'sim-locked',
  'busy',
  'auth-failed',
  'unreachable',
  'unknown',
] as const
export const ModemCondition = literals(...MODEM_CONDITIONS)
export type ModemCondition = Type.Static<typeof ModemCondition>

export const REGISTRATIONS = ['home', 'roaming', 'searching', 'denied', 'not-registered', 'unknown'] as const
export const Registration = literals(...REGISTRATIONS)
export type Registration = Type.Static<typeof Registration>

export const DataSession = literals('connected', 'connecting', 'disconnected', 'unknown')
export type DataSession = Type.Static<typeof DataSession>

export const SimState = literals('ready', 'absent', 'locked', 'invalid', 'unknown')
export type SimState = Type.Static<typeof SimState>

export const Rat = literals('gsm', 'umts', 'lte', 'nr')
export type Rat = Type.Static<typeof Rat>

/**
 * What a 4G modem says of itself; its radio values and byte counters are numbers (tm), null while unknown.
 * `state` is the worst of what the other fields say; `cause` is a short sentence for people. Topic: state/modem/<id>.
 */
export const ModemState = Type.Object({
  driver: Text,
  address: orNull(Text),
  state: ModemCondition,
  cause: orNull(Text),
  rat: orNull(Rat),
  operator: orNull(Text),
  plmn: orNull(Text),
  registration: Registration,
  dataSession: DataSession,
  sim: SimState,
  band: orNull(Text),
  cellId: orNull(Text),
  pci: orNull(Type.Integer({ minimum: 0 })),
})
export type ModemState = Type.Static<typeof ModemState>
