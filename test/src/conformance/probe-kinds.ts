import { dnsProbe } from '@infra-home/agent/probes/dns.ts'
import { fullSizeProbe } from '@infra-home/agent/probes/full-size.ts'
import { icmpProbe } from '@infra-home/agent/probes/icmp.ts'
import { pageProbe } from '@infra-home/agent/probes/page.ts'
import type { Probe, ProbeWay } from '@infra-home/agent/probes/probe.ts'
import { tcpProbe } from '@infra-home/agent/probes/tcp.ts'
import type { Sys } from '@infra-home/agent/sys/sys.ts'
import { realReach } from '@infra-home/agent/sys/real-reach.ts'
import { watchGateway } from '@infra-home/agent/wan/gateway-watch.ts'
import { monoMs, wallMs } from '@infra-home/shared/clock.ts'
import { InfraError } from '@infra-home/shared/errors.ts'

/** Every way of asking whether an uplink leads anywhere, each behind one face: resolves with what was found, rejects when nothing was. */
export type ProbeKind = (way: ProbeWay) => Promise<string>

export const PROBE_KINDS = ['gateway', 'icmp', 'tcp', 'dns', 'page', 'full-size'] as const

/** Over real sockets and programs; `gateway` is the next hop and the uplink's own resolver. */
export const probeKinds = (
  sys: Pick<Sys, 'exec'>,
  gateway: string,
): Readonly<Record<(typeof PROBE_KINDS)[number], ProbeKind>> => {
  const reach = realReach()
  const [dns, tcp, icmp] = [dnsProbe(reach, Math.random), tcpProbe(reach, 443), icmpProbe(sys)]
  const askPage = pageProbe(reach, Math.random)
  const askFullSize = fullSizeProbe(sys)
  const page = { url: 'http://connectivitycheck.gstatic.com/generate_204', status: 204 }
  return {
    gateway: gatewayKind(icmp, gateway),
    icmp: (way) => icmp.ask(way),
    tcp: (way) => tcp.ask(way),
    dns: (way) => dns.ask(way),
    page: (way) => askPage({ ...way, page, resolver: gateway }),
    'full-size': (way) => askFullSize({ ...way, mtu: 1500 }),
  }
}

/** What a watch of the next hop says once it has asked; it has to have been answered once. */
const gatewayKind = (icmp: Probe, gateway: string): ProbeKind => {
  let asked: Promise<unknown> = Promise.resolve()
  let from = ''
  let mono = 0
  const watch = watchGateway({
    clock: { now: () => ({ wall: wallMs(0), mono: monoMs(mono) }), after: () => () => {} },
    icmp: {
      method: 'icmp',
      ask(way) {
        const answer = icmp.ask(way)
        asked = answer.catch(() => {})
        return answer
      },
    },
    where: () => ({ from, gateway }),
    onChange: () => {},
  })
  return async (way) => {
    from = way.from
    mono += 60_000
    watch.ask()
    await asked
    await Promise.resolve()
    if (watch.answers() === true) return 'works'
    throw new InfraError('probe-timeout', `${gateway} is silent`)
  }
}
