import { hostname } from 'node:os'
import type { CoordinatorConfig } from './config-schema.ts'
import { isLoopback, isWildcard } from './loopback.ts'
import { HTTP_PORT, THIS_MACHINE } from './usual-places.ts'

/** Where people reach our API, as well as the configuration says: another machine comes by TLS, unless it need not. */
export const apiUrlOf = ({ http = {}, insecureHttp = false }: CoordinatorConfig): string => {
  const { host = THIS_MACHINE, port = HTTP_PORT, allowedHosts = [] } = http
  const name = isWildcard(host) ? (allowedHosts[0] ?? hostname()) : host
  const scheme = isLoopback(name) || insecureHttp ? 'http' : 'https'
  return `${scheme}://${name.includes(':') ? `[${name}]` : name}:${port}`
}
