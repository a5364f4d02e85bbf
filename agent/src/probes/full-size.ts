import type { Sys } from '../sys/sys.ts'
import { ping } from './ping.ts'
import type { ProbeWay } from './probe.ts'

/** IPv4 and ICMP. */
const HEADERS = 28

/**
 * One echo request as large as the link takes, and its answer: whether large packets pass where small ones do. A path that says itself what is
 * too large for it is in order (RFC 1191): the kernel then cuts what it sends, and the next one passes.
 */
export const fullSizeProbe =
  (sys: Pick<Sys, 'exec'>) =>
  async (way: ProbeWay & { readonly mtu: number }): Promise<'works'> => {
    await ping(sys, way, way.mtu - HEADERS, ['-M', 'want'])
    return 'works'
  }
