import { show } from '../plugins/show.ts'
import { deviationsNow, deviationsTable } from '../views/topology.ts'
import { API, type Routes } from './route.ts'

/** The plan, and every deviation from it. */
export const topologyRoutes: Routes = (app, { context }) => {
  const schema = { summary: 'The plan, and every deviation from it', tags: ['topology'] }
  app.get(`${API}/topology`, { config: { scope: 'read' }, schema }, async (request, reply) => {
    const { topology, world } = context
    const found = deviationsNow(topology, world)
    const plan = topology
      ? {
          head: ['NODE', 'INTERFACE', 'VLAN', 'PLANNED ADDRESSES'],
          rows: topology.hosts.flatMap((host) =>
            host.interfaces.map((nic) => [
              host.name,
              nic.name,
              String(nic.vlan ?? '–'),
              nic.addresses.join(' ') || '–',
            ]),
          ),
        }
      : 'this home has no plan: name a topology in the coordinator’s configuration'
    return show(request, reply, {
      json: { topology, deviations: found },
      version: world.position,
      parts: () => [
        plan,
        found.length === 0 ? 'everything that has reported is as planned' : deviationsTable(found),
      ],
      next: 'curl …/api/v1/vlans, …/api/v1/links',
    })
  })
}
