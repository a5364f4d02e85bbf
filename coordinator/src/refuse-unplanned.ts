import { InfraError } from '@infra-home/shared/errors.ts'
import { type LoadedConfig, nodesOf } from './config.ts'

/** A node whose name the plan does not have is mostly a misspelt one. @throws InfraError usage */
export const refuseUnplanned = (loaded: Pick<LoadedConfig, 'topology'>, node: string): void => {
  const nodes = nodesOf(loaded)
  if (nodes === null || nodes.includes(node)) return
  throw new InfraError(
    'usage',
    `${node} is no node of the topology: it has ${nodes.join(', ')}; a new one is planned there first`,
  )
}
