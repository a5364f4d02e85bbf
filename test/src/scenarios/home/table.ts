import { formatTable } from '@infra-home/coordinator/http/table/table.ts'
import { nodesTable, nodeSummaries } from '@infra-home/coordinator/http/views/nodes.ts'
import { deviationsNow } from '@infra-home/coordinator/http/views/topology.ts'
import type { House } from './house.ts'

/** The home as a person sees it: the table of nodes, and where it is not as planned. */
export const tableOf = ({ seat, topology }: House): string => {
  const coordinator = seat.coordinator()
  if (!coordinator) return 'nobody knows'
  const { world, clock } = coordinator
  const found = deviationsNow(topology, world)
  return [
    formatTable(nodesTable(nodeSummaries(world, clock.now()))),
    ...found.map(
      ({ message, followsFrom }) => `${message}${followsFrom ? ` (follows from ${followsFrom})` : ''}`,
    ),
    found.length === 0 ? 'as planned' : '',
  ]
    .filter((line) => line !== '')
    .join('\n')
}
