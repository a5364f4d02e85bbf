import type { Topology } from './schema.ts'

/** The host whose uplinks a home goes out by: its router, else the first that an uplink names; null where there is no uplink. Pure. */
export const routerOf = (topology: Topology | null): string | null => {
  const hosts = new Set(topology?.uplinks.map(({ host }) => host))
  const router = topology?.hosts.find(({ name, role }) => role === 'router' && hosts.has(name))
  return router?.name ?? topology?.uplinks[0]?.host ?? null
}
