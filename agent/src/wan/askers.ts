import { minutes, seconds } from '@infra-home/shared/clock.ts'
import type { WishedPage, WishedUplink } from '@infra-home/shared/messages/wan.ts'
import { type Finding, type Service, WAITS_FOR_ECHO } from '@infra-home/shared/wan/trial.ts'
import type { Probes } from './probes.ts'
import type { ProbeWay } from '../probes/probe.ts'
import { ownResolvers } from './own-resolvers.ts'
import type { Asker } from './service-watch.ts'

/** Where an uplink is, as far as questions need it; null while nothing can be asked. */
export type AskFrom = Pick<ProbeWay, 'from' | 'apart'> & {
  readonly gateway: string | null
  readonly mtu: number | null
  /** Whether pings are answered at all. */
  readonly canPing: boolean
  readonly ownDnsFails: boolean
  /** Its IPv6 address; null where it has none. */
  readonly from6: string | null
}

const TIMEOUT = seconds(3)

/** Resolvers of three owners: whether IPv6 leads anywhere is asked of them, whoever the others' targets are. */
const TARGETS6 = ['2606:4700:4700::1111', '2001:4860:4860::8888', '2620:fe::fe']
/** Some lines have an address that leads nowhere for as long as they are there. */
const RETRY6 = minutes(5)

/** Whom to ask for each service of an uplink, and how. */
export const askersOf = (
  { targets, resolvers, pages, tcpPort }: Pick<WishedUplink, 'targets' | 'resolvers' | 'pages' | 'tcpPort'>,
  { dns, tcp, page, fullSize }: Pick<Probes, 'dns' | 'tcp' | 'page' | 'fullSize'>,
  place: () => AskFrom | null,
): Readonly<Record<Service, Asker>> => {
  const here = (): AskFrom => place() ?? nowhere()
  const wayHere = (): Pick<ProbeWay, 'from' | 'apart'> => {
    const { from, apart = null } = here()
    return { from, apart }
  }
  const own = (): readonly string[] => ownResolvers(resolvers, place()?.gateway ?? null)
  const whenThere = (who: () => readonly string[]) => () => (place() ? who() : [])
  const knock = tcp(tcpPort)
  const askName = async (target: string): Promise<Finding> =>
    (await dns.ask({ ...wayHere(), target, timeout: TIMEOUT })) === 'works' ? 'works' : 'fails'

  return {
    'own-dns': { targets: whenThere(own), ask: askName },
    'public-dns': { targets: whenThere(() => targets), ask: askName },
    tcp: {
      targets: whenThere(() => targets),
      ask: async (target) =>
        (await knock.ask({ ...wayHere(), target, timeout: TIMEOUT })) === 'works' ? 'works' : 'fails',
    },
    page: {
      targets: whenThere(() => pages.map(({ url }) => url)),
      ask(url) {
        const { ownDnsFails } = here()
        const [resolver = ''] = ownDnsFails || own().length === 0 ? targets : own()
        return page({ ...wayHere(), timeout: TIMEOUT, resolver, page: pageAt(pages, url) })
      },
    },
    'full-size': {
      waits: WAITS_FOR_ECHO,
      targets: whenThere(() => (fullSize && place()?.canPing ? targets : [])),
      async ask(target) {
        const { mtu } = here()
        await fullSize?.({ ...wayHere(), target, timeout: TIMEOUT, mtu: mtu ?? USUAL_MTU })
        return 'works'
      },
    },
    ipv6: {
      retry: RETRY6,
      targets: () => ((place()?.from6 ?? null) === null ? [] : TARGETS6),
      async ask(target) {
        await dns.ask({ from: here().from6 ?? nowhere(), target, timeout: TIMEOUT })
        return 'works'
      },
    },
  }
}

const USUAL_MTU = 1500

/** @throws Error for one that was never among the targets */
const pageAt = (pages: readonly WishedPage[], url: string): WishedPage => {
  const page = pages.find((one) => one.url === url)
  if (!page) throw new Error(`nobody wished to be asked ${url}`)
  return page
}

const nowhere = (): never => {
  throw new Error('an uplink without an address was asked by')
}
