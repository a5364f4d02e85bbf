import * as Type from 'typebox'
import { orNull, Text } from './envelope.ts'
import { literals } from './literals.ts'

const Layer = literals('works', 'fails', 'unknown')
const Count = Type.Integer({ minimum: 0 })

export const PATH_STATES = ['up', 'degraded', 'down', 'unknown'] as const
export const PathState = literals(...PATH_STATES)
export const PathCause = literals(
  'link',
  'asleep',
  'wifi',
  'address',
  'gateway',
  'sim',
  'radio',
  'carrier',
  'dns',
  'tcp',
  'portal',
  'quota',
  'mtu',
  'loss',
  'latency',
)

/** What an uplink's path to the internet is good for, as its router sees it. Topic: state/path/<uplink>. */
export const UplinkPathState = Type.Object({
  state: PathState,
  cause: orNull(PathCause),
  verdicts: Type.Object({
    link: Layer,
    gateway: Layer,
    dns: Layer,
    /** Absent unless the uplink's own resolver fails, whatever others answer. */
    ownDns: Type.Optional(literals('fails')),
    tcp: Layer,
    http: Layer,
    /** Absent where the uplink has no IPv6. */
    ipv6: Type.Optional(Layer),
  }),
  /** When something last came back from beyond the gateway, by the router's monotonic clock; null for never. */
  provenMono: orNull(Count),
  /** How long it has been so, by the same clock, as whoever watches it goes by himself; absent from those who do not say. */
  standing: Type.Optional(
    Type.Object({
      sinceMono: Count,
      /** Whole or degraded; null while it is neither. */
      livesSinceMono: orNull(Count),
      /** How often it broke of late by its last break, each halved by the hour, and when that was; null for never. */
      unrest: orNull(Type.Object({ breaks: Type.Number({ minimum: 0 }), atMono: Count })),
    }),
  ),
  /** Whether the modem behind it says that nothing can pass, whatever still does; absent from those who do not look. */
  isWarned: Type.Optional(Type.Boolean()),
  interface: Text,
  address: orNull(Text),
  gateway: orNull(Text),
  /**
   * What was asked without an answer when the path was given up, `ms` since the first of it; null while something comes back. How long nothing had
   * come back by then, and how long that was waited for, are absent from agents who do not say.
   */
  silence: orNull(
    Type.Object({
      ms: Count,
      probes: Count,
      targets: Count,
      methods: Count,
      quietMs: Type.Optional(Count),
      patienceMs: Type.Optional(Count),
      /** Whether packets for users still came meanwhile. */
      isReceiving: Type.Optional(Type.Boolean()),
    }),
  ),
})
export type UplinkPathState = Type.Static<typeof UplinkPathState>
