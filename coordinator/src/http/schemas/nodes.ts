import * as Type from 'typebox'
import { literals } from '@infra-home/shared/messages/literals.ts'
import { Age, Aged, Name, orNull, Time } from './parts.ts'
import { Link, Modem, Vlan } from './things.ts'

const state = literals('online', 'sleeping', 'late', 'lost', 'never-seen', 'revoked')

/** An item of /nodes. */
export const Node = Type.Interface([Aged], {
  node: Name,
  state,
  planned: Type.Boolean(),
  agentVersion: orNull(Type.String()),
  boot: orNull(Type.String()),
  links: Type.Object({ up: Type.Integer(), total: Type.Integer() }),
  modems: Type.Array(
    Type.Object({
      id: Name,
      state: Type.String(),
      rsrpDbm: orNull(Type.Number()),
      stale: Type.Boolean(),
    }),
  ),
  troubles: Type.Array(Type.String({ description: 'what is wrong, for people' })),
})

const open = { additionalProperties: true } as const
const range = Type.Array(Type.Integer(), { minItems: 2, maxItems: 2 })

/** /nodes/{node}. */
export const NodeDetail = Type.Interface([Aged], {
  node: Name,
  state,
  planned: Type.Boolean(),
  agentVersion: orNull(Type.String()),
  boot: orNull(Type.String()),
  troubles: Type.Array(Type.String()),
  mode: orNull(Type.String()),
  capabilities: Type.Array(Type.String()),
  cadenceMs: orNull(Age),
  session: orNull(Type.Integer()),
  clockOffsetMs: orNull(Type.Number({ description: 'its wall clock minus ours' })),
  received: Type.Array(
    Type.Object({
      session: Type.Integer(),
      upTo: Type.Integer(),
      missing: Type.Array(range, { description: 'from and to, both included' }),
    }),
  ),
  missingSince: orNull(Time),
  links: Type.Array(Link),
  vlans: Type.Array(Vlan),
  modems: Type.Array(Modem),
  states: Type.Record(Type.String(), Type.Object({ ...Aged.properties }, open), {
    description: 'everything else that it reports, by kind/id',
  }),
  numbers: Type.Record(Type.String(), Type.Object({ ...Aged.properties }, open), {
    description: 'the newest numbers, by kind/id',
  }),
})
