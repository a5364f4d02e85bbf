import * as Type from 'typebox'
import { literals } from '@infra-home/shared/messages/literals.ts'
import { orNull } from './parts.ts'

/** An item of /rules. */
export const RuleView = Type.Object({
  code: Type.String(),
  severity: literals('info', 'warning', 'critical'),
  origin: literals('ours', 'owner'),
  advice: Type.String(),
  params: Type.Record(Type.String(), Type.Unknown(), { description: 'as they are in force' }),
  data: orNull(Type.Record(Type.String(), Type.Unknown(), { description: 'as it stands in the file' })),
})

/** What became of reading the file again. */
export const RulesReloaded = Type.Object({ changed: Type.Boolean(), owned: Type.Integer({ minimum: 0 }) })
