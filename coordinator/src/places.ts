import { isIPv6 } from 'node:net'
import type { CoordinatorConfig } from './config-schema.ts'
import { isLoopback, isWildcard } from './loopback.ts'
import type { Grant } from './trust/grant.ts'

/** Where devices find us. */
export type Addresses = {
  /** @param host the name or address by which whoever asks has reached the API */
  seenFrom(host: string): Pick<Grant, 'coordinator'> & { readonly broker: Grant['broker'] | null }
}

type Ports = {
  readonly http: () => number
  /** Of the broker's TLS listener; null when there is none. */
  readonly mqtt: () => number | null
}

/** A configured address says where; one that means everywhere, or this machine alone, leaves it to whoever asks. */
export const addressesOf = ({ http, broker }: CoordinatorConfig, ports: Ports): Addresses => ({
  seenFrom(host) {
    const api = specific(http?.host) ?? (isLoopback(host) ? http?.allowedHosts?.[0] : undefined) ?? host
    const authority = isIPv6(api) ? `[${api}]` : api
    return {
      coordinator: { https: `https://${authority}:${ports.http()}` },
      broker: brokerAt(broker, { api, port: ports.mqtt() }),
    }
  },
})

const brokerAt = (
  broker: CoordinatorConfig['broker'],
  { api, port }: { readonly api: string; readonly port: number | null },
): Grant['broker'] | null => {
  if (broker?.kind === 'external') return { host: broker.host, port: broker.port }
  return port === null ? null : { host: specific(broker?.tls?.host) ?? api, port }
}

/** Every name and address of ours that the configuration knows. */
export const serverNames = ({ http, broker }: CoordinatorConfig): readonly string[] => {
  const hosts = [
    http?.host,
    ...(http?.allowedHosts ?? []),
    ...(broker?.kind === 'embedded' ? [broker.tls?.host] : []),
  ]
  return hosts
    .filter((host) => host !== undefined && !isWildcard(host))
    .map((host) => host?.toLowerCase() ?? '')
}

const specific = (host: string | undefined): string | undefined =>
  host === undefined || isWildcard(host) || isLoopback(host) ? undefined : host
