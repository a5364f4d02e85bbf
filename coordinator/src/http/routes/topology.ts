import type { Deviation } from '@infra-home/shared/topology/deviations.ts'
import type { Topology } from '@infra-home/shared/topology/schema.ts'
import { show } from '../plugins/show.ts'
import { TopologyView } from '../schemas/status.ts'
import type { Table } from '../table/table.ts'
import { deviationCount, deviationsNow, deviationsTable } from '../views/topology.ts'
import { API, type Routes } from './route.ts'

/** The plan, and every deviation from it. */
export const topologyRoutes: Routes = (app, { context }) => {
  const schema = { summary: 'The plan, and every deviation from it', tags: ['topology'] }
  const config = { scope: 'read', shows: TopologyView } as const
  app.get(`${API}/topology`, { config, schema }, async (request, reply) => {
    const { topology, world } = context
    const found = deviationsNow(topology, world)
    return show(request, reply, {
      json: { topology, deviations: found },
      version: JSON.stringify([topology, found]),
      parts: () => (topology ? [planTable(topology), ...deviationParts(found)] : [NO_PLAN]),
      next: 'curl …/api/v1/vlans, …/api/v1/links',
    })
  })
}

const NO_PLAN = 'this home has no plan: name a topology in the coordinator’s configuration'

const deviationParts = (found: readonly Deviation[]): (Table | string)[] =>
  found.length === 0
    ? ['everything that has reported is as planned']
    : [deviationCount(found), deviationsTable(found)]

const planTable = ({ hosts }: Topology): Table => ({
  head: ['NODE', 'INTERFACE', 'VLAN', 'PLANNED ADDRESSES'],
  rows: hosts.flatMap((host) =>
    host.interfaces.map((nic) => [
      host.name,
      nic.name,
      String(nic.vlan ?? '–'),
      nic.addresses.join(' ') || '–',
    ]),
  ),
})
