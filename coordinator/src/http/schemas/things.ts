import * as Type from 'typebox'
import { LinkState } from '@infra-home/shared/messages/link.ts'
import { literals } from '@infra-home/shared/messages/literals.ts'
import { ModemState } from '@infra-home/shared/messages/modem.ts'
import { VlanState } from '@infra-home/shared/messages/vlan.ts'
import { QUALITIES } from '@infra-home/shared/signal-quality.ts'
import { Aged, Name, orNull, Time } from './parts.ts'

const number = orNull(Type.Number())
const bytes = orNull(Type.Number({ minimum: 0 }))

/** An item of /links. */
export const Link = Type.Interface([LinkState, Aged], {
  node: Name,
  link: Name,
  up: Type.Boolean(),
  rxBytes: bytes,
  txBytes: bytes,
  changedAt: Time,
})

/** An item of /vlans. */
export const Vlan = Type.Interface([VlanState, Aged], { node: Name, vlan: Name })

/** An item of /modems. */
export const Modem = Type.Interface([ModemState, Aged], {
  node: Name,
  id: Name,
  rsrpDbm: number,
  rsrqDb: number,
  sinrDb: number,
  rssiDbm: number,
  quality: orNull(literals(...QUALITIES)),
  rxBytes: bytes,
  txBytes: bytes,
  monthRxBytes: bytes,
  monthTxBytes: bytes,
})

const words = orNull(Type.String())

/** An item of /modems/NODE/ID/changes; all but the time is null where it was gone. */
export const ModemChange = Type.Object({
  id: Type.String({ description: 'the entry of the journal' }),
  at: Time,
  pos: Type.Integer(),
  state: words,
  cause: words,
  sim: words,
  registration: words,
  dataSession: words,
  operator: words,
  plmn: words,
  rat: words,
  band: words,
  cellId: words,
  pci: number,
})

/** A number over time. */
export const History = Type.Object({
  node: Name,
  key: Type.String(),
  metric: Type.String(),
  unit: Type.String(),
  stepMs: Type.Number(),
  items: Type.Array(Type.Object({ at: Time, min: number, max: number, mean: number, last: number })),
  next: Type.Null(),
})
