import * as Type from 'typebox'
import { Name } from '../names.ts'
import { Rfc3339 } from './envelope.ts'

/** What an uplink carried in this billing month, both ways, as its router counted. Topic: state/usage/<uplink>. */
export const UplinkUsageState = Type.Object({
  since: Rfc3339,
  bytes: Type.Integer({ minimum: 0 }),
  /** By network of the house; `others` is what passed for networks that the plan does not name, `router` what the router itself asked for, probes among it. */
  networks: Type.Array(Type.Object({ id: Name, bytes: Type.Integer({ minimum: 0 }) }), { maxItems: 66 }),
})
export type UplinkUsageState = Type.Static<typeof UplinkUsageState>
