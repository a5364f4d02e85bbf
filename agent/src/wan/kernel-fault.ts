import type { WanRouterState } from '@infra-home/shared/messages/wan.ts'
import type { Sys } from '../sys/sys.ts'
import { faultOf } from './fault-of.ts'

const IPV6_FORWARDING = '/proc/sys/net/ipv6/conf/all/forwarding'

/** Settings with which packets get lost that routes and marks lead right (Documentation/networking/ip-sysctl.rst). */
export const kernelFault = async (
  sys: Pick<Sys, 'readText'>,
  {
    devices,
    forwardsIpv6,
  }: {
    readonly devices: readonly string[]
    /** Whether it is meant to. */
    readonly forwardsIpv6: boolean
  },
): Promise<WanRouterState['fault']> => {
  const read = async (name: string): Promise<string> =>
    (await sys.readText(`/proc/sys/net/ipv4/${name}`))?.trim() ?? ''
  if ((await read('ip_forward')) === '0')
    return faultOf('kernel-settings', 'net.ipv4.ip_forward is 0: nothing is forwarded')
  if (forwardsIpv6 && (await sys.readText(IPV6_FORWARDING))?.trim() === '0')
    return faultOf('kernel-settings', 'net.ipv6.conf.all.forwarding is 0: nothing is forwarded over IPv6')
  if ((await read('conf/all/src_valid_mark')) === '1') return null
  const all = await read('conf/all/rp_filter')
  for (const device of devices) {
    const own = await read(`conf/${device}/rp_filter`)
    if (Math.max(Number(own), Number(all)) === 1)
      return faultOf(
        'kernel-settings',
        `net.ipv4.conf.${device}.rp_filter is strict: pinned flows get lost unless it is 2 or conf.all.src_valid_mark is 1`,
      )
  }
  return null
}
