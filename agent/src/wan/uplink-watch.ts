import { type CancelTimer, type Clock, elapsed, milliseconds, type MonoMs } from '@infra-home/shared/clock.ts'
import type { ModemState } from '@infra-home/shared/messages/modem.ts'
import type { UplinkPathState } from '@infra-home/shared/messages/path.ts'
import type { WishedUplink } from '@infra-home/shared/messages/wan.ts'
import { isModemOut } from '@infra-home/shared/wan/modem-word.ts'
import { standingAfter, unheard } from '@infra-home/shared/wan/standing.ts'
import { toldStanding } from '@infra-home/shared/wan/told-standing.ts'
import type { Unrest } from '@infra-home/shared/wan/unrest.ts'
import type { PortRange } from '../sys/reach.ts'
import { ADDRESS_PATIENCE, hasWayOut, median, pathOf } from './path-of.ts'
import type { Probes } from './probes.ts'
import { openQuestions, type Passed, type Place } from './questions.ts'
import type { UplinkFacts } from './uplink-facts.ts'

export type UplinkWatchOptions = {
  readonly uplink: WishedUplink
  readonly clock: Clock
  readonly probes: Probes
  /** How often it broke of late, as it was watched before; null for never. */
  readonly unrest: Unrest | null
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

export type UplinkWatch = {
  path(): UplinkPathState
  /** Round trip, milliseconds, and loss, 0 to 1; null while unknown. */
  numbers(): { readonly latencyMs: number | null; readonly lossRatio: number | null }
  see(facts: UplinkFacts): void
  hearModem(modem: ModemState): void
  traffic(passed: Passed): void
  /** Asks now whether it would do, unless it has just shown that; `onChange` follows when it would. */
  check(): void
  stop(): void
}

/** Who answered so lately need not be asked again whether it would do. */
const FRESH_PROOF = milliseconds(1500)

const UNSEEN: UplinkFacts = { link: 'unknown', networks: [], gateway: 'unknown', mtu: null }

/** Everything that is known of one uplink, and what it comes to. */
export const watchUplink = (options: UplinkWatchOptions): UplinkWatch => {
  const { uplink, clock, isBound, ports, onChange } = options
  let facts = UNSEEN
  let way = ''
  let modem: ModemState | null = null
  let isAskedToProve = false
  let told = ''
  let standing = { ...unheard(clock.now().mono), unrest: options.unrest }
  let lacksAddressSince: MonoMs | null = null
  let cancelPatience: CancelTimer = () => {}

  const place = (): Place | null => {
    const network = isBound() ? facts.networks.find(({ family }) => family === 'ipv4') : undefined
    if (!network) return null
    const shared = ports()
    const apart = shared && { ports: shared, device: uplink.interface }
    const { mtu } = facts
    return { from: network.address, apart, gateway: network.gateway, from6: address6Of(facts), mtu }
  }
  /** The path as it is now, and how it stands by that. */
  const judge = () => {
    const { mono } = clock.now()
    const known = {
      interface: uplink.interface,
      facts,
      lacksAddressSince,
      modem,
      silence: questions.silence(),
      layers: questions.layers(),
      service: questions.service,
      gatewayAnswers: questions.gatewayAnswers(),
    }
    const word = pathOf(known, mono)
    const now = { state: word.state, cause: word.cause, ...standingAfter(standing, word, mono) }
    return { path: { ...word, standing: toldStanding(now) }, now }
  }
  const seeAddress = (): void => {
    const lacks = facts.link === 'up' && !hasWayOut(facts)
    if (lacks === (lacksAddressSince !== null)) return
    lacksAddressSince = lacks ? clock.now().mono : null
    cancelPatience()
    if (lacks) cancelPatience = clock.after(ADDRESS_PATIENCE, tellIfNew)
  }
  /** Here alone a path's standing goes on: whoever but reads it makes it no older or younger. */
  const tellIfNew = (): void => {
    const { path, now } = judge()
    standing = now
    const news = newsOf(path)
    if (news === told) return
    told = news
    onChange()
  }
  const tellAgain = (): void => {
    isAskedToProve = false
    told = ''
    tellIfNew()
  }
  const questions = openQuestions({
    ...options,
    place,
    onChange: tellIfNew,
    onAsked: tellIfNew,
    onProven: () => isAskedToProve && tellAgain(),
  })
  const isProven = (): boolean => {
    const { beyond, provenAt } = questions.silence()
    return beyond === 'works' && provenAt !== null && elapsed(provenAt, clock.now().mono) <= FRESH_PROOF
  }

  return {
    path: () => judge().path,
    numbers: () => ({
      latencyMs: median(questions.silence().rttsMs),
      lossRatio: questions.lossRatio(),
    }),
    see(fresh) {
      const isOther = wayOf(fresh, isBound()) !== way
      way = wayOf(fresh, isBound())
      if (address6Of(fresh) !== address6Of(facts)) questions.forgetIpv6()
      facts = fresh
      seeAddress()
      if (isOther) questions.beginAnew() // what answered another line says nothing of this one
      questions.checkGateway()
      tellIfNew()
    },
    hearModem(said) {
      const [wasOut, isOut] = [modem !== null && isModemOut(modem), isModemOut(said)]
      const isNews = isOut && !wasOut
      modem = said
      questions.warn(isOut)
      if (wasOut && !isOut && questions.silence().beyond === 'fails') questions.check() // a dead line is asked rarely
      if (isNews) {
        questions.check() // an idle line would be asked in some seconds only
        options.onDoubt()
      }
      tellIfNew()
    },
    traffic: questions.traffic,
    check() {
      if (isProven()) return tellAgain()
      isAskedToProve = true
      questions.check()
    },
    stop() {
      cancelPatience()
      questions.stop()
    },
  }
}

/** What is told when it changes. */
const newsOf = (path: UplinkPathState): string => {
  const { provenMono: _, silence: __, ...verdict } = path
  return JSON.stringify(verdict)
}

const address6Of = ({ networks }: UplinkFacts): string | null =>
  networks.find(({ family }) => family === 'ipv6')?.address ?? null

/**
 * Of the way by which it is asked: IPv6 addresses come and go on a line that is the same. Nobody asks by one to which he is not bound, and what was
 * heard before is not for ever.
 */
const wayOf = ({ link, networks }: UplinkFacts, isBound: boolean): string =>
  JSON.stringify([isBound, link === 'up', networks.filter(({ family }) => family === 'ipv4')])
