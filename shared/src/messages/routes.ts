import * as Type from 'typebox'
import { orNull, Text } from './envelope.ts'
import { literals } from './literals.ts'

export const Family = literals('ipv4', 'ipv6')

export const Route = Type.Object({
  family: Family,
  kind: Text,
  destination: Text,
  gateway: orNull(Text),
  interface: orNull(Text),
  source: orNull(Text),
  table: Text,
  metric: orNull(Type.Integer({ minimum: 0 })),
  protocol: orNull(Text),
})
export type Route = Type.Static<typeof Route>

export const Rule = Type.Object({
  family: Family,
  priority: Type.Integer({ minimum: 0 }),
  selector: Text,
  action: Text,
})
export type Rule = Type.Static<typeof Rule>

/** Unicast and default routes and all rules, at most 256 of each. Topic: state/routes/main. */
export const RoutesState = Type.Object({
  routes: Type.Array(Route, { maxItems: 256 }),
  rules: Type.Array(Rule, { maxItems: 256 }),
  truncated: Type.Boolean(),
})
export type RoutesState = Type.Static<typeof RoutesState>
