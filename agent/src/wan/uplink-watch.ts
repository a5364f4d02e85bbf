import { type Clock, seconds } from '@infra-home/shared/clock.ts'
import type { ModemState } from '@infra-home/shared/messages/modem.ts'
import type { UplinkPathState } from '@infra-home/shared/messages/path.ts'
import type { WishedUplink } from '@infra-home/shared/messages/wan.ts'
import { type Asked, type Layers, lossOf, noteAsked } from '@infra-home/shared/wan/layers.ts'
import { type Prober, startProber } from '../probes/prober.ts'
import { median, NOT_ASKED, pathOf } from './path-of.ts'
import type { UplinkFacts } from './uplink-facts.ts'
import { paceOf, type Probes } from './probes.ts'

export type UplinkWatchOptions = {
  readonly uplink: WishedUplink
  readonly clock: Clock
  readonly probes: Probes
  readonly isActive: () => boolean
  /** Whether what is sent from the uplink's address leaves by it. */
  readonly isBound: () => boolean
  /** The path is something else than it was, or has just proven what was asked of it. */
  readonly onChange: () => void
  /** It may be dead: the others should be looked at. */
  readonly onDoubt: () => void
}

export type UplinkWatch = {
  path(): UplinkPathState
  /** Round trip, milliseconds, and loss, 0 to 1; null while unknown. */
  numbers(): { readonly latencyMs: number | null; readonly lossRatio: number | null }
  see(facts: UplinkFacts): void
  hearModem(modem: ModemState): void
  traffic(sent: number, received: number): void
  /** Asks now whether it would do; `onChange` follows when it would. */
  check(): void
  stop(): void
}

const UNSEEN: UplinkFacts = { link: 'unknown', networks: [], gateway: 'unknown' }
/** So seldom the uplink's own resolver is asked while others do not answer. */
const OWN_DNS_EVERY = seconds(5)

/** Everything that is known of one uplink, and what it comes to. */
export const watchUplink = (options: UplinkWatchOptions): UplinkWatch => {
  const { uplink, clock, probes, isActive, isBound, onChange, onDoubt } = options
  let facts = UNSEEN
  let layers: Layers = []
  let aside = NOT_ASKED
  let modem: ModemState | null = null
  let isAskedToProve = false
  let ownDnsAt: number | null = null
  let freshSince = clock.now().mono

  const address = (): string | null =>
    isBound() ? (facts.networks.find(({ family }) => family === 'ipv4')?.address ?? null) : null
  const path = (): UplinkPathState =>
    pathOf(
      { interface: uplink.interface, facts, silence: prober.silence(), layers, aside, modem },
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

  const askOwnDns = (): void => {
    const [own, gateway] = [address(), facts.networks[0]?.gateway]
    const { mono } = clock.now()
    if (own === null || gateway === undefined) return
    if (ownDnsAt !== null && mono - ownDnsAt < OWN_DNS_EVERY) return
    ownDnsAt = mono
    const note = (ownDns: 'works' | 'fails'): void => {
      aside = { ...aside, ownDns }
      tellIfNew()
    }
    probes.dns.ask({ from: own, target: gateway, timeout: seconds(2) }).then(
      (answer) => note(answer === 'works' ? 'works' : 'fails'),
      () => note('fails'),
    )
  }

  const onAsked = (asked: Asked): void => {
    if (asked.at < freshSince) return
    layers = noteAsked(layers, asked)
    if (asked.method === 'dns' && asked.result !== 'works' && prober.silence().beyond === 'works') askOwnDns()
    if (isAskedToProve && asked.result !== 'lost') {
      isAskedToProve = false
      told = ''
    }
    tellIfNew()
  }

  const start = (): Prober =>
    startProber({
      clock,
      probes,
      targets: uplink.targets,
      from: address,
      pace: () => paceOf(probes, isActive()),
      onAsked,
      onChange(silence, before) {
        if (silence.probing === 'burst' && before.probing === 'calm') onDoubt()
        if (silence.beyond === 'works' && before.beyond === 'fails') forget()
        tellIfNew()
      },
    })
  /** What got lost in an outage is no loss of the line that is back. */
  const forget = (): void => {
    layers = []
    aside = NOT_ASKED
    freshSince = clock.now().mono
  }
  let prober = start()
  const begin = (): void => {
    prober.stop()
    forget()
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
      tellIfNew()
    },
    hearModem(said) {
      modem = said
      tellIfNew()
    },
    traffic: (sent, received) => prober.traffic(sent, received),
    check() {
      isAskedToProve = true
      prober.check()
    },
    stop: () => prober.stop(),
  }
}

const wayOf = ({ link, networks }: UplinkFacts): string => JSON.stringify([link === 'up', networks])
