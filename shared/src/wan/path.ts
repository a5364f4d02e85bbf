/** What a path to the internet is good for. */
export type PathState = 'up' | 'degraded' | 'down' | 'unknown'

/** Where it breaks, from here outwards. */
export type PathCause =
  /** The interface is gone, or its cable is out. */
  | 'link'
  /** A phone that lends its network on demand, and does not now: nothing is broken. */
  | 'asleep'
  /** No access point: the Wi-Fi to the MiFi. */
  | 'wifi'
  /** The link is there, and no address by which a way leads out of it: dead when that has been so for a while. */
  | 'address'
  /** The next hop does not answer: the MiFi is off or hung. */
  | 'gateway'
  | 'sim'
  /** No cell, no registration, or no signal. */
  | 'radio'
  /** The modem is fine, and nothing comes back from beyond it. */
  | 'carrier'
  | 'dns'
  /** Names and pings are answered, and no connection comes about: a firewall, or what is left of a plan that is used up. */
  | 'tcp'
  /** Somebody answers in place of the internet, and wants a click. */
  | 'portal'
  /** Somebody answers in place of the internet, and wants money. */
  | 'quota'
  /** Only small packets pass. */
  | 'mtu'
  | 'loss'
  | 'latency'

/** What probing one layer showed; unknown when it was not asked, or too long ago. */
export type LayerVerdict = 'works' | 'fails' | 'unknown'

export type Verdicts = {
  readonly link: LayerVerdict
  readonly gateway: LayerVerdict
  readonly dns: LayerVerdict
  /** Names of the uplink's own resolver; absent unless it fails. */
  readonly ownDns?: 'fails'
  readonly tcp: LayerVerdict
  readonly http: LayerVerdict
  /** Resolvers of the world over IPv6; absent where the uplink has none. */
  readonly ipv6?: LayerVerdict
}

/** Everything that is known of a path at one instant. */
export type PathEvidence = {
  /** `no-network`: a radio link without an access point; `asleep`: a phone's, which is there on demand alone. */
  readonly link: 'up' | 'no-carrier' | 'no-network' | 'gone' | 'asleep' | 'unknown'
  /** Whether there is an address and a next hop; `awaited`: there is none yet, or none for a moment. */
  readonly address: LayerVerdict | 'awaited'
  /** The neighbour entry, no more: it never proves that a path lives. */
  readonly gateway: LayerVerdict
  /** Whether anything comes back from beyond the gateway, by any method, user traffic included. */
  readonly beyond: LayerVerdict
  /** The uplink's own resolver, and resolvers of the world through this uplink. */
  readonly ownDns: LayerVerdict
  readonly publicDns: LayerVerdict
  /** What the last questions came to. */
  readonly tcp: LayerVerdict
  /** Whether anybody takes a connection; it fails when all were asked again and again, while something else was answered. */
  readonly connects: LayerVerdict
  readonly http: LayerVerdict | 'portal' | 'quota'
  /** Null where there is none. What has IPv6 dead lives all the same: a verdict, and never a cause. */
  readonly ipv6?: LayerVerdict | null
  /** Packets of the full size of the link. */
  readonly largePackets: LayerVerdict
  /** 0 to 1, of probes; null while too few were sent. */
  readonly lossRatio: number | null
  /** Round trip, median; null while unknown. */
  readonly latencyMs: number | null
  /** What the modem says of itself; null when there is none, or it said nothing of late. */
  readonly modem: { readonly sim: 'ready' | 'missing' | 'unknown'; readonly radio: LayerVerdict } | null
}

export type PathVerdict = {
  readonly state: PathState
  /** Null while up, and while unknown for another reason than sleep and an address that is awaited. */
  readonly cause: PathCause | null
  readonly verdicts: Verdicts
}

/** Whether something passes. Pure. */
export const isAlive = ({ state }: Pick<PathVerdict, 'state'>): boolean =>
  state === 'up' || state === 'degraded'

/** Whether nothing passes for certain: it is dead, or put away. Pure. */
export const leadsNowhere = ({ state, cause }: Pick<PathVerdict, 'state' | 'cause'>): boolean =>
  state === 'down' || cause === 'asleep'

export type PathLimits = {
  /** From here on a path is degraded. */
  readonly lossRatio: number
  readonly latencyMs: number
}

export const USUAL_LIMITS: PathLimits = { lossRatio: 0.05, latencyMs: 1000 }

/** Says what a path is good for, and if not for everything, where it breaks. Pure. */
export const judgePath = (evidence: PathEvidence, limits: PathLimits = USUAL_LIMITS): PathVerdict => {
  const verdicts = verdictsOf(evidence)
  if (evidence.link === 'asleep') return { state: 'unknown', cause: 'asleep', verdicts }
  const deadly = deadlyCause(evidence)
  if (deadly) return { state: 'down', cause: deadly, verdicts }
  if (evidence.address === 'awaited') return { state: 'unknown', cause: 'address', verdicts }
  if (evidence.beyond !== 'works') return { state: 'unknown', cause: null, verdicts }
  const harm = harmfulCause(evidence, limits)
  return { state: harm ? 'degraded' : 'up', cause: harm, verdicts }
}

/** What nobody can work with. What is nearer explains what is farther, so it is looked at first. */
const deadlyCause = ({ link, address, gateway, beyond, modem, ...asked }: PathEvidence): PathCause | null => {
  if (link === 'gone' || link === 'no-carrier') return 'link'
  if (link === 'no-network') return 'wifi'
  if (address === 'fails') return 'address'
  if (beyond === 'fails') {
    if (modem?.sim === 'missing') return 'sim'
    if (modem?.radio === 'fails') return 'radio'
    return gateway === 'fails' ? 'gateway' : 'carrier'
  }
  if (asked.http === 'portal' || asked.http === 'quota') return asked.http
  if (asked.ownDns === 'fails' && asked.publicDns === 'fails') return 'dns'
  const isMute = beyond === 'works' && asked.connects === 'fails' && asked.http === 'fails'
  return isMute ? 'tcp' : null
}

/** What people feel, and can work with. */
const harmfulCause = (
  { ownDns, largePackets, lossRatio, latencyMs }: PathEvidence,
  limits: PathLimits,
): PathCause | null => {
  if (largePackets === 'fails') return 'mtu'
  if (ownDns === 'fails') return 'dns'
  if (lossRatio !== null && lossRatio >= limits.lossRatio) return 'loss'
  return latencyMs !== null && latencyMs >= limits.latencyMs ? 'latency' : null
}

const LINKS = {
  up: 'works',
  'no-carrier': 'fails',
  'no-network': 'fails',
  gone: 'fails',
  asleep: 'unknown',
  unknown: 'unknown',
} as const

const verdictsOf = ({
  link,
  gateway,
  ownDns,
  publicDns,
  tcp,
  connects,
  http,
  ipv6 = null,
}: PathEvidence): Verdicts => ({
  link: LINKS[link],
  gateway,
  dns: ownDns === 'works' ? ownDns : publicDns,
  ...(ownDns === 'fails' && { ownDns }),
  tcp: connects === 'fails' ? connects : tcp,
  http: http === 'portal' || http === 'quota' ? 'fails' : http,
  ...(ipv6 !== null && { ipv6 }),
})
