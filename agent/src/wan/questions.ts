import { type CancelTimer, type Clock, milliseconds } from '@infra-home/shared/clock.ts'
import type { WishedUplink } from '@infra-home/shared/messages/wan.ts'
import { heardUsers, NO_COMPLAINTS, type UserTraffic } from '@infra-home/shared/wan/complaints.ts'
import { type Asked, type Layers, layerOf, lossOf, noteAsked } from '@infra-home/shared/wan/layers.ts'
import type { Pace } from '@infra-home/shared/wan/pace.ts'
import { roundTripMsOf } from '@infra-home/shared/wan/round-trip.ts'
import type { Silence, TrafficSeen } from '@infra-home/shared/wan/silence.ts'
import type { Service, ServiceVerdict } from '@infra-home/shared/wan/trial.ts'
import type { ProbeWay } from '../probes/probe.ts'
import { type Prober, startProber } from '../probes/prober.ts'
import { askersOf } from './askers.ts'
import { type GatewayWatch, watchGateway } from './gateway-watch.ts'
import { paceOf, type Probes } from './probes.ts'
import { type ServiceWatch, watchServices } from './service-watch.ts'

/**
 * A closer look that took so long, beside a round trip, is no false alarm: users who only send make one every two seconds, and the others are not
 * asked for that. It leaves them half a second to answer before the path is given up.
 */
const DOUBT_AFTER = milliseconds(300)

/** What passed since the last time. */
export type Passed = UserTraffic & TrafficSeen

/** From where an uplink is asked by, now. */
export type Place = Pick<ProbeWay, 'from' | 'apart'> & {
  readonly gateway: string | null
  /** Its IPv6 address; null where it has none. */
  readonly from6: string | null
  readonly mtu: number | null
}

/** Everything that is asked over one uplink, and heard of its users. */
export type Questions = {
  silence(): Silence
  layers(): Layers
  lossRatio(): number | null
  service(service: Service): ServiceVerdict
  gatewayAnswers(): boolean | null
  traffic(passed: Passed): void
  /** What the modem behind it says: whether nothing can pass. */
  warn(isWarned: boolean): void
  /** Asks everybody once, now. */
  check(): void
  /** Asks the next hop, where that may have changed. */
  checkGateway(): void
  /** Forgets all that was heard: it was another line. */
  beginAnew(): void
  /** Forgets what was heard over IPv6: it was from another address. */
  forgetIpv6(): void
  stop(): void
}

export const openQuestions = (options: {
  readonly uplink: WishedUplink
  readonly clock: Clock
  readonly probes: Probes
  readonly isActive: () => boolean
  /** Null while nothing can be asked. */
  readonly place: () => Place | null
  readonly onAsked: () => void
  /** An answer has proven that the path lives. */
  readonly onProven: () => void
  readonly onChange: () => void
  /** The path may be dead: the first question about it has found no answer either. */
  readonly onDoubt: () => void
}): Questions => {
  const { uplink, clock, probes, isActive, place, onChange } = options
  const now = () => clock.now().mono
  let layers: Layers = []
  let complaints = NO_COMPLAINTS
  let freshSince = now()
  let [namedAt, burstSince] = [freshSince, freshSince]
  let cancelDoubt: CancelTimer = () => {}
  const [inUse, waiting] = [paceOf(probes, uplink, true), paceOf(probes, uplink, false)]
  const pace = (): Pace => (isActive() ? inUse : waiting)

  const onAsked = (asked: Asked): void => {
    if (asked.at < freshSince) return
    layers = noteAsked(layers, asked)
    if (asked.method === 'dns' && asked.result !== 'lost') namedAt = now()
    options.onAsked()
  }
  /** What got lost in an outage is no loss of the line that is back. */
  const forget = (): void => {
    layers = []
    freshSince = now()
    services.forget()
  }
  const onSilence = (silence: Silence, before: Silence): void => {
    if (silence.probing !== 'calm') gateway.ask()
    if (silence.probing !== 'burst') cancelDoubt()
    else if (before.probing === 'calm') {
      burstSince = now()
      cancelDoubt = clock.after(milliseconds(DOUBT_AFTER + roundTripMsOf(silence)), options.onDoubt)
    }
    const isOverWithoutNames =
      silence.probing === 'calm' && before.probing === 'burst' && namedAt < burstSince
    if (isOverWithoutNames) services.suspect('own-dns', 'silence')
    if (silence.beyond === 'works' && before.beyond === 'fails') forget()
    onChange()
  }
  const start = (): Prober =>
    startProber({
      clock,
      probes: { ...probes, tcp: probes.tcp(uplink.tcpPort) },
      targets: uplink.targets,
      from: place,
      pace,
      onAsked,
      onProven: options.onProven,
      onChange: onSilence,
    })
  let prober = start()
  const gateway: GatewayWatch = watchGateway({ clock, icmp: probes.icmp, where: place, onChange })
  const canPing = (): boolean => layerOf(layers, 'icmp', now()) === 'works'
  const askers = askersOf(uplink, probes, () => {
    const here = place()
    return here && { ...here, canPing: canPing(), ownDnsFails: services.verdict('own-dns') === 'fails' }
  })
  const services: ServiceWatch = watchServices({
    clock,
    askers,
    silence: () => prober.silence(),
    pace,
    askForLife: (method) => prober.askOne(canPing() ? 'icmp' : method),
    onChange,
  })

  return {
    silence: () => prober.silence(),
    layers: () => layers,
    lossRatio: () => lossOf(layers, now()),
    service: services.verdict,
    gatewayAnswers: gateway.answers,
    traffic({ sent, received, heardAt, sentSince, ...users }) {
      prober.traffic({ sent, received, heardAt, sentSince })
      const roundTripMs = roundTripMsOf(prober.silence())
      const heard = heardUsers(complaints, { traffic: users, roundTripMs }, now())
      complaints = heard.complaints
      for (const complaint of heard.said)
        for (const service of BEHIND[complaint]) services.suspect(service, 'users')
    },
    warn: (isWarned) => prober.warn(isWarned),
    check: () => prober.check(),
    checkGateway() {
      if (gateway.answers() === null || prober.silence().beyond === 'fails') gateway.ask()
    },
    beginAnew() {
      cancelDoubt()
      prober.stop()
      forget()
      gateway.forget()
      prober = start()
    },
    forgetIpv6: () => services.forget('ipv6'),
    stop() {
      cancelDoubt()
      prober.stop()
      services.stop()
    },
  }
}

/** What may be behind a complaint. */
const BEHIND = { names: ['own-dns', 'public-dns'], web: ['tcp', 'page', 'full-size', 'ipv6'] } as const
