import { seconds } from '@infra-home/shared/clock.ts'
import { ACTIVE_PACE, type CalmPace, STANDBY_PACE } from '@infra-home/shared/wan/rhythm.ts'
import { dnsProbe } from '../probes/dns.ts'
import { canPing, icmpProbe } from '../probes/icmp.ts'
import type { Probe } from '../probes/probe.ts'
import { tcpProbe } from '../probes/tcp.ts'
import type { Sys } from '../sys/sys.ts'

/** The ways in which uplinks are asked, and how often while all is well. */
export type Probes = {
  readonly dns: Probe
  readonly tcp: Probe
  /** Absent where there is no ping. */
  readonly icmp?: Probe
}

/** Without the cheapest question another has to be asked, and less often: some 1.3 MB a day. */
const PACE_WITHOUT_PING: CalmPace = { dns: seconds(10), tcp: seconds(300) }

export const openProbes = async (
  sys: Pick<Sys, 'exec' | 'reach'>,
  random: () => number,
): Promise<Probes> => ({
  dns: dnsProbe(sys.reach, random),
  tcp: tcpProbe(sys.reach, random),
  ...((await canPing(sys)) && { icmp: icmpProbe(sys) }),
})

export const paceOf = ({ icmp }: Probes, isActive: boolean): CalmPace => {
  if (!isActive) return STANDBY_PACE
  return icmp ? ACTIVE_PACE : PACE_WITHOUT_PING
}
