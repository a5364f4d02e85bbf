import type { Clock } from '@infra-home/shared/clock.ts'
import type { ModemState } from '@infra-home/shared/messages/modem.ts'
import type { UplinkPathState } from '@infra-home/shared/messages/path.ts'
import type { WishedUplink } from '@infra-home/shared/messages/wan.ts'
import { heardUsers, NO_COMPLAINTS, type UserTraffic } from '@infra-home/shared/wan/complaints.ts'
import { type Asked, type Layers, layerOf, lossOf, noteAsked } from '@infra-home/shared/wan/layers.ts'
import type { Pace } from '@infra-home/shared/wan/pace.ts'
import { type Prober, startProber } from '../probes/prober.ts'
import type { PortRange } from '../router/plan.ts'
import { type AskFrom, askersOf } from './askers.ts'
import { watchGateway } from './gateway-watch.ts'
import { median, pathOf } from './path-of.ts'
import { paceOf, type Probes } from './probes.ts'
import { watchServices } from './service-watch.ts'
import type { UplinkFacts } from './uplink-facts.ts'

export type UplinkWatchOptions = {
  readonly uplink: WishedUplink
  readonly clock: Clock
  readonly probes: Probes
  readonly isActive: () => boolean
  /** Whether what is sent from the uplink's address leaves by it. */
  readonly isBound: () => boolean
  /** Source ports that lead by this uplink, where another has the same address. */
  readonly ports: () => PortRange | null
  /** The path is something else than it was, or has just proven what was asked of it. */
  readonly onChange: () => void
  /** It may be dead: the others should be looked at. */
  readonly onDoubt: () => void
}

/** What passed since the last time. */
export type Passed = UserTraffic & { readonly sent: number; readonly received: number }

export type UplinkWatch = {
  path(): UplinkPathState
  /** Round trip, milliseconds, and loss, 0 to 1; null while unknown. */
  numbers(): { readonly latencyMs: number | null; readonly lossRatio: number | null }
  see(facts: UplinkFacts): void
  hearModem(modem: ModemState): void
  traffic(passed: Passed): void
  /** Asks now whether it would do; `onChange` follows when it would. */
  check(): void
  stop(): void
}

const UNSEEN: UplinkFacts = { link: 'unknown', networks: [], gateway: 'unknown', mtu: null }

/** Everything that is known of one uplink, and what it comes to. */
export const watchUplink = (options: UplinkWatchOptions): UplinkWatch => {
  const { uplink, clock, probes, isActive, isBound, onChange, onDoubt } = options
  let facts = UNSEEN
  let layers: Layers = []
  let modem: ModemState | null = null
  let isAskedToProve = false
  let freshSince = clock.now().mono
  let namedAt = freshSince
  let complaints = NO_COMPLAINTS

  const place = (): Pick<AskFrom, 'from' | 'apart' | 'gateway'> | null => {
    const network = isBound() ? facts.networks.find(({ family }) => family === 'ipv4') : undefined
    if (!network) return null
    const ports = options.ports()
    const apart = ports && { ports, device: uplink.interface }
    return { from: network.address, apart, gateway: network.gateway }
  }
  const pace = (): Pace => paceOf(probes, uplink, isActive())
  const path = (): UplinkPathState =>
    pathOf(
      {
        interface: uplink.interface,
        facts,
        silence: prober.silence(),
        layers,
        service: services.verdict,
        gatewayAnswers: gateway.answers(),
        modem,
      },
      clock.now().mono,
    )
  let told = ''
  const tellIfNew = (): void => {
    const { provenMono: _, silence: __, ...verdict } = path()
    const now = JSON.stringify(verdict)
    if (now === told) return
    told = now
    onChange()
  }

  const onAsked = (asked: Asked): void => {
    if (asked.at < freshSince) return
    layers = noteAsked(layers, asked)
    if (asked.method === 'dns' && asked.result !== 'lost') namedAt = clock.now().mono
    if (isAskedToProve && asked.result !== 'lost') {
      isAskedToProve = false
      told = ''
    }
    tellIfNew()
  }
  /** What got lost in an outage is no loss of the line that is back. */
  const forget = (): void => {
    layers = []
    freshSince = clock.now().mono
    services.forget()
  }
  let burstSince = freshSince
  const start = (): Prober =>
    startProber({
      clock,
      probes: { ...probes, tcp: probes.tcp(uplink.tcpPort) },
      targets: uplink.targets,
      from: place,
      pace,
      onAsked,
      onChange(silence, before) {
        if (silence.probing !== 'calm') gateway.ask()
        if (silence.probing === 'burst' && before.probing === 'calm') {
          burstSince = clock.now().mono
          onDoubt()
        }
        if (silence.probing === 'calm' && before.probing === 'burst' && namedAt < burstSince)
          services.suspect('own-dns', 'silence')
        if (silence.beyond === 'works' && before.beyond === 'fails') forget()
        tellIfNew()
      },
    })
  let prober = start()
  const gateway = watchGateway({ clock, icmp: probes.icmp, where: place, onChange: tellIfNew })
  const services = watchServices({
    clock,
    askers: askersOf(uplink, probes, () => {
      const here = place()
      return (
        here && {
          ...here,
          mtu: facts.mtu,
          canPing: layerOf(layers, 'icmp', clock.now().mono) === 'works',
          ownDnsFails: services.verdict('own-dns') === 'fails',
        }
      )
    }),
    silence: () => prober.silence(),
    pace,
    askForLife: () => prober.askOne(),
    onChange: tellIfNew,
  })
  const begin = (): void => {
    prober.stop()
    forget()
    gateway.forget()
    prober = start()
  }

  return {
    path,
    numbers: () => ({
      latencyMs: median(prober.silence().rttsMs),
      lossRatio: lossOf(layers, clock.now().mono),
    }),
    see(fresh) {
      const isOther = wayOf(fresh) !== wayOf(facts)
      facts = fresh
      if (isOther) begin() // what answered another line says nothing of this one
      if (gateway.answers() === null || prober.silence().beyond === 'fails') gateway.ask()
      tellIfNew()
    },
    hearModem(said) {
      modem = said
      tellIfNew()
    },
    traffic({ sent, received, ...users }) {
      prober.traffic(sent, received)
      const heard = heardUsers(complaints, users, clock.now().mono)
      complaints = heard.complaints
      for (const complaint of heard.said)
        for (const service of COMPLAINED[complaint]) services.suspect(service, 'users')
    },
    check() {
      isAskedToProve = true
      prober.check()
    },
    stop() {
      prober.stop()
      services.stop()
    },
  }
}

/** What may be behind a complaint. */
const COMPLAINED = { names: ['own-dns', 'public-dns'], web: ['page', 'full-size'] } as const

const wayOf = ({ link, networks }: UplinkFacts): string => JSON.stringify([link === 'up', networks])
