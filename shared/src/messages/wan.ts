import * as Type from 'typebox'
import { Name } from '../names.ts'
import { REPAIR_STEPS } from '../wan/repair.ts'
import { orNull, Rfc3339, Text } from './envelope.ts'
import { literals } from './literals.ts'

/** Who decides over the uplinks: the coordinator while its lease lasts, else the router's own agent. */
export const WanHolder = literals('coordinator', 'agent')
export type WanHolder = Type.Static<typeof WanHolder>

/** How the router stands. Topic: state/wan/main. */
export const WanRouterState = Type.Object({
  /**
   * The uplink that the kernel's default route leads to, as read back; null for none of ours, and while no look at the kernel came to anything, which is a
   * fault.
   */
  active: orNull(Name),
  holder: WanHolder,
  /** Goes up each time that the agent takes over: a lease or an order of an earlier term counts for nothing. */
  term: Type.Integer({ minimum: 1 }),
  /** Why the kernel has not what it should have; null when it has. `overtaken`: no packet would follow a move, since somebody else's default stands before ours. */
  fault: orNull(
    Type.Object({
      code: literals(
        'read-only',
        'lacks-right',
        'lacks-program',
        'routing',
        'overtaken',
        'ruleset',
        'kernel-settings',
        'drift',
      ),
      text: Text,
    }),
  ),
})
export type WanRouterState = Type.Static<typeof WanRouterState>

const Address = Type.String({ minLength: 2, maxLength: 45, pattern: '^[0-9a-fA-F.:]+$' })
const Device = Type.String({ minLength: 1, maxLength: 15 })

/** A page that answers with the same status wherever one is. */
const WishedPage = Type.Object({
  url: Type.String({ pattern: '^http://[^/]+/', maxLength: 256 }),
  status: Type.Integer({ minimum: 200, maximum: 599 }),
})
export type WishedPage = Type.Static<typeof WishedPage>

export const WishedUplink = Type.Object({
  id: Name,
  kind: literals('wifi-4g', 'ethernet', 'usb-modem', 'phone-tether'),
  interface: Device,
  metered: Type.Boolean(),
  priority: Type.Integer({ minimum: 0 }),
  capBytes: orNull(Type.Integer({ minimum: 1 })),
  /** The day of the month at which what was used begins at zero. */
  billingDay: Type.Integer({ minimum: 1, maximum: 28 }),
  phone: orNull(Type.Object({ minBatteryPercent: Type.Number(), maxTemperatureC: Type.Number() })),
  /** The modem behind it, where this agent reads one. */
  modem: orNull(Name),
  /** Who is asked whether the path leads anywhere. */
  targets: Type.Array(Address, { minItems: 3, maxItems: 16 }),
  /** The resolvers that users of this uplink are given; none for its gateway. */
  resolvers: Type.Array(Address, { maxItems: 8 }),
  tcpPort: Type.Integer({ minimum: 1, maximum: 65_535 }),
  pages: Type.Array(WishedPage, { minItems: 1, maxItems: 8 }),
  /** What asking may cost a day, bytes; null for what it usually costs. */
  dailyBytes: orNull(Type.Integer({ minimum: 1 })),
})
export type WishedUplink = Type.Static<typeof WishedUplink>

/** A network of the house behind the router. */
export const WishedNetwork = Type.Object({
  id: Name,
  interface: Device,
  subnets: Type.Array(Type.String({ maxLength: 49 }), { minItems: 1, maxItems: 4 }),
  metered: literals('allow', 'deny', 'critical-only'),
})
export type WishedNetwork = Type.Static<typeof WishedNetwork>

const Person = Type.String({ maxLength: 128 })
const Reason = Type.String({ maxLength: 256 })

/** All that a router needs to go on by itself. Topic: want/wan. */
export const WanWish = Type.Object({
  uplinks: Type.Array(WishedUplink, { maxItems: 40 }),
  networks: Type.Array(WishedNetwork, { maxItems: 64 }),
  timeZone: Type.String({ minLength: 1, maxLength: 64 }),
  badHours: Type.Array(Type.Integer({ minimum: 0, maximum: 23 }), { maxItems: 24 }),
  /** What is done when somebody else changes what is ours. */
  drift: literals('repair', 'report'),
  /** What may be done to bring a dead uplink back. */
  repairs: Type.Array(literals(...REPAIR_STEPS), { maxItems: REPAIR_STEPS.length }),
  hold: orNull(Type.Object({ by: Person, reason: Reason, until: orNull(Rfc3339) })),
  override: orNull(Type.Object({ uplink: Name, by: Person, reason: Reason, until: Rfc3339 })),
})
export type WanWish = Type.Static<typeof WanWish>

/** What became of an order, or of what the agent decided by itself. Topic: event/switched. */
export const SwitchedEvent = Type.Object({
  /** The command; null when the agent decided. */
  command: orNull(Text),
  by: WanHolder,
  from: orNull(Name),
  to: Name,
  reason: Text,
  ok: Type.Boolean(),
  error: orNull(Text),
  /** When it failed: whether the kernel has again what it had before. */
  undone: orNull(Type.Boolean()),
  changes: Type.Array(Text, { maxItems: 64 }),
  /** Entries of the connection table that were taken away with a dead path. */
  swept: orNull(Type.Integer({ minimum: 0 })),
  tookMs: Type.Integer({ minimum: 0 }),
})
export type SwitchedEvent = Type.Static<typeof SwitchedEvent>
