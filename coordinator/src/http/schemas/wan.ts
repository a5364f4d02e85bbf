import * as Type from 'typebox'
import { PathCause, PathState, UplinkPathState } from '@infra-home/shared/messages/path.ts'
import { WanHolder, WanRouterState } from '@infra-home/shared/messages/wan.ts'
import { Name, orNull, Time } from './parts.ts'

const bytes = orNull(Type.Number({ minimum: 0 }))

const WanTether = Type.Object({
  phone: Name,
  on: orNull(Type.Boolean({ description: 'by the phone’s own word; null while it is not heard' })),
  until: orNull(Time),
  wantedFor: orNull(
    Type.String({ description: 'why it was asked to lend its network; null while it is not' }),
  ),
  error: orNull(Type.String()),
  batteryPercent: orNull(Type.Number()),
  temperatureC: orNull(Type.Number()),
  charging: orNull(Type.Boolean()),
  minBatteryPercent: Type.Number(),
  maxTemperatureC: Type.Number(),
})

const WanUplink = Type.Object({
  id: Name,
  state: PathState,
  cause: orNull(PathCause),
  verdicts: UplinkPathState.properties.verdicts,
  latencyMs: orNull(Type.Number()),
  lossRatio: orNull(Type.Number()),
  usedBytes: bytes,
  capBytes: bytes,
  metered: Type.Boolean(),
  priority: Type.Integer(),
  interface: Type.String(),
  address: orNull(Type.String()),
  gateway: orNull(Type.String()),
  tether: orNull(WanTether),
})

export const WanMove = Type.Object({
  id: Type.String({ description: 'the entry: /events/ID/explain says why' }),
  at: Type.String({ ...Time, description: 'when it was decided' }),
  toldAt: Type.String({ ...Time, description: 'when it was learnt of here' }),
  by: WanHolder,
  from: orNull(Name),
  to: Name,
  reason: Type.String(),
  ok: orNull(Type.Boolean()),
  error: orNull(Type.String()),
  swept: orNull(Type.Integer({ description: 'flows of the dead path that were ended' })),
  tookMs: orNull(Type.Number()),
})

const Wish = { by: Type.String(), reason: Type.String(), until: orNull(Time) }

/** `GET /wan/usage`. */
export const WanUsage = Type.Object({
  uplink: Name,
  metered: Type.Boolean(),
  since: Time,
  until: Time,
  untilDay: Type.String({ description: 'the date of `until` where the home is' }),
  usedBytes: bytes,
  usedBy: orNull(Type.String({ description: 'who counted: the modem, or the router' })),
  capBytes: bytes,
  leftBytes: bytes,
  leftBytesPerDay: orNull(Type.Number({ description: 'what may be used a day so that it lasts' })),
  networks: Type.Array(Type.Object({ id: Name, bytes: Type.Number() })),
})

/** What becomes of networks that may not cost anything while traffic goes out by an uplink that is metered. */
const Networks = {
  ledBy: orNull(Name),
  ledNetworks: Type.Array(Name, {
    description: 'networks that go out by `ledBy` meanwhile, which costs nothing',
  }),
  refusedNetworks: Type.Array(Name, { description: 'networks that have no way out meanwhile' }),
  limitedNetworks: Type.Array(Name, {
    description: 'networks that have names, time, ping and IPsec alone meanwhile',
  }),
}

/** `GET /wan`. */
export const Wan = Type.Object({
  router: orNull(Name),
  heard: Type.Boolean({
    description: 'whether the router is heard: while it is not, nothing is known of how traffic goes out',
  }),
  active: orNull(Name),
  holder: WanHolder,
  fault: WanRouterState.properties.fault,
  hold: orNull(Type.Object(Wish)),
  override: orNull(Type.Object({ uplink: Name, ...Wish })),
  stays: orNull(Type.String({ description: 'why traffic stays where it is; null while it is to move' })),
  staysUntil: orNull({
    ...Time,
    description: 'when that is over if nothing else happens, where that is known',
  }),
  ...Networks,
  uplinks: Type.Array(WanUplink),
  lastDecision: orNull(WanMove),
})

/** What an order does, or would do. */
export const WanOutlook = Type.Object({
  dryRun: Type.Boolean(),
  move: orNull(Type.Object({ from: orNull(Name), to: Name, reason: Type.String() })),
  stays: orNull(Type.String()),
  metered: Type.Boolean(),
  usedBytes: bytes,
  capBytes: bytes,
  leftBytes: bytes,
  monthEnds: orNull(Time),
  monthEndsDay: orNull(Type.String({ description: 'its date where the home is' })),
  ...Networks,
  flows: Type.String({ description: 'what becomes of the flows that run' }),
  wakes: orNull(WanTether),
  until: Time,
})
