import { isInfraError } from '@infra-home/shared/errors.ts'
import { parseRoutes } from '../parse/ip-route.ts'
import { isPrivateAddress } from '../parse/private-address.ts'
import { parseNetRoute } from '../parse/proc-net.ts'
import type { Sys } from '../sys/sys.ts'

/**
 * The gateways of this machine's default routes, of every table, that have a private address: where a modem with a web interface
 * is.
 */
export const privateGateways = async (sys: Pick<Sys, 'exec' | 'readText'>): Promise<readonly string[]> => {
  const found = await allGateways(sys)
  return [...new Set(found.filter(isPrivateAddress))].sort()
}

const allGateways = async (sys: Pick<Sys, 'exec' | 'readText'>): Promise<readonly string[]> => {
  try {
    const routes = parseRoutes(await sys.exec('ip', ['-j', '-4', 'route', 'show', 'table', 'all']), 'ipv4')
    return routes.flatMap(({ destination, gateway }) =>
      destination === 'default' && gateway ? [gateway] : [],
    )
  } catch (error) {
    if (!isInfraError(error)) throw error
    // a phone's ip may be an old one, or none; the kernel still shows the main table
    return parseNetRoute((await sys.readText('/proc/net/route')) ?? '').map(({ gateway }) => gateway)
  }
}
