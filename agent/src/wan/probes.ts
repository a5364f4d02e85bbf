import { minutes, seconds } from '@infra-home/shared/clock.ts'
import type { WishedUplink } from '@infra-home/shared/messages/wan.ts'
import { ACTIVE_PACE, type Pace, paceWithin, STANDBY_PACE } from '@infra-home/shared/wan/pace.ts'
import { dnsProbe } from '../probes/dns.ts'
import { fullSizeProbe } from '../probes/full-size.ts'
import { canPing, icmpProbe } from '../probes/icmp.ts'
import { pageProbe } from '../probes/page.ts'
import type { Probe } from '../probes/probe.ts'
import { tcpProbe } from '../probes/tcp.ts'
import type { Sys } from '../sys/sys.ts'

/** The ways in which uplinks are asked. */
export type Probes = {
  readonly dns: Probe
  readonly tcp: (port: number) => Probe
  readonly page: ReturnType<typeof pageProbe>
  /** Both absent where there is no ping. */
  readonly icmp?: Probe
  readonly fullSize?: ReturnType<typeof fullSizeProbe>
}

/** Without the cheapest question another has to be asked, and less often. */
const PACE_WITHOUT_PING: Pace = {
  dns: seconds(10),
  tcp: seconds(300),
  'own-dns': seconds(60),
  page: seconds(320),
  ipv6: minutes(30),
}

export const openProbes = async (
  sys: Pick<Sys, 'exec' | 'reach'>,
  random: () => number,
): Promise<Probes> => ({
  dns: dnsProbe(sys.reach, random),
  tcp: (port) => tcpProbe(sys.reach, port),
  page: pageProbe(sys.reach, random),
  ...((await canPing(sys)) && { icmp: icmpProbe(sys), fullSize: fullSizeProbe(sys) }),
})

/** How often which question is asked while all is well. Pure. */
export const paceOf = (
  { icmp }: Pick<Probes, 'icmp'>,
  { dailyBytes }: Pick<WishedUplink, 'dailyBytes'>,
  isActive: boolean,
): Pace => {
  if (!isActive) return paceWithin(STANDBY_PACE, dailyBytes)
  return paceWithin(icmp ? ACTIVE_PACE : PACE_WITHOUT_PING, dailyBytes)
}
