import * as Type from 'typebox'
import { literals } from '@infra-home/shared/messages/literals.ts'
import { Alert } from './alerts.ts'
import { Node } from './nodes.ts'
import { Age, Name, orNull } from './parts.ts'
import { Modem } from './things.ts'

const DeviationSchema = Type.Object({
  code: Type.String(),
  severity: literals('error', 'warning'),
  node: Name,
  subject: Type.String({ description: 'the interface' }),
  expected: Type.String(),
  observed: Type.String(),
  followsFrom: orNull(Type.String()),
  message: Type.String(),
})

/** `GET /`. */
export const Status = Type.Object({
  site: Name,
  version: Type.String(),
  epoch: Type.Integer(),
  upMs: Age,
  ready: Type.Boolean(),
  reasons: Type.Array(Type.String()),
  warnings: Type.Array(Type.String({ description: 'not as it should be, but working' })),
  nodes: Type.Array(Node),
  alerts: Type.Array(Alert),
  modems: Type.Array(Modem),
  deviations: Type.Array(DeviationSchema),
})

/** /topology: the plan is as topology.schema.json says. */
export const TopologyView = Type.Object({
  topology: orNull(Type.Object({}, { additionalProperties: true })),
  deviations: Type.Array(DeviationSchema),
})
