import { elapsed, type MonoMs, seconds } from '@infra-home/shared/clock.ts'
import type { ModemState } from '@infra-home/shared/messages/modem.ts'
import type { UplinkPathState } from '@infra-home/shared/messages/path.ts'
import { layerOf, type Layers, provenLossOf } from '@infra-home/shared/wan/layers.ts'
import { isModemOut, radioOf, simOf } from '@infra-home/shared/wan/modem-word.ts'
import { judgePath, type LayerVerdict, type PathEvidence } from '@infra-home/shared/wan/path.ts'
import type { Silence } from '@infra-home/shared/wan/silence.ts'
import type { Service, ServiceVerdict } from '@infra-home/shared/wan/trial.ts'
import type { UplinkFacts } from './uplink-facts.ts'

/** All that a router's agent knows of one uplink. */
export type UplinkKnown = {
  readonly interface: string
  readonly facts: UplinkFacts
  /** Since when the link is there without an address by which a way leads out; null while there is one, or no link. */
  readonly lacksAddressSince: MonoMs | null
  readonly silence: Silence
  readonly layers: Layers
  /** What is known of what a living path may lack. */
  readonly service: (service: Service) => ServiceVerdict
  /** Whether the gateway answers when it is asked; null while it was not, or never does. */
  readonly gatewayAnswers: boolean | null
  /** What the modem behind it last said; null when there is none, or it said nothing of late. */
  readonly modem: ModemState | null
}

/** What is told of an uplink's path. Pure. */
export const pathOf = (known: UplinkKnown, now: MonoMs): UplinkPathState => {
  const { silence, facts } = known
  const { state, cause, verdicts } = judgePath(evidenceOf(known, now))
  const [network] = facts.networks
  return {
    state,
    cause,
    verdicts,
    provenMono: silence.provenAt === null ? null : Math.round(silence.provenAt),
    isWarned: known.modem !== null && isModemOut(known.modem),
    interface: known.interface,
    address: network?.address ?? null,
    gateway: network?.gateway ?? null,
    silence: silence.givenUp,
  }
}

const evidenceOf = (
  { facts, lacksAddressSince, silence, layers, modem, service, gatewayAnswers }: UplinkKnown,
  now: MonoMs,
): PathEvidence => ({
  link: facts.link,
  address: addressVerdict(facts, lacksAddressSince, now),
  gateway: gatewayAnswers === null ? facts.gateway : gatewayAnswers ? 'works' : 'fails',
  beyond: hasWayOut(facts) ? silence.beyond : 'unknown',
  ownDns: asLayer(service('own-dns')),
  publicDns: asLayer(service('public-dns')),
  http: service('page'),
  largePackets: asLayer(service('full-size')),
  tcp: layerOf(layers, 'tcp', now),
  connects: asLayer(service('tcp')),
  lossRatio: provenLossOf(layers, now),
  latencyMs: median(silence.rttsMs),
  ipv6: facts.networks.some(({ family }) => family === 'ipv6') ? asLayer(service('ipv6')) : null,
  modem: modem && { sim: simOf(modem), radio: radioOf(modem) },
})

/** A lease that is renewed may leave an uplink without one for a moment, and a link that has just come has none yet. */
export const ADDRESS_PATIENCE = seconds(5)

const addressVerdict = (
  facts: UplinkFacts,
  lacksSince: MonoMs | null,
  now: MonoMs,
): PathEvidence['address'] => {
  if (hasWayOut(facts)) return 'works'
  if (lacksSince === null) return 'unknown'
  return elapsed(lacksSince, now) >= ADDRESS_PATIENCE ? 'fails' : 'awaited'
}

/** Whether it can be asked anything: questions go over IPv4. Pure. */
export const hasWayOut = ({ networks }: Pick<UplinkFacts, 'networks'>): boolean =>
  networks.some(({ family }) => family === 'ipv4')

const asLayer = (verdict: ServiceVerdict): LayerVerdict =>
  verdict === 'portal' || verdict === 'quota' ? 'fails' : verdict

/** Middle one of the round trips, milliseconds; null while there is none. */
export const median = (values: readonly number[]): number | null =>
  values.length === 0 ? null : ([...values].sort((a, b) => a - b)[values.length >> 1] ?? null)
