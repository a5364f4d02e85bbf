import { InfraError } from '../errors.ts'
import { readConfig } from '../read-config.ts'
import { checkTopology } from './check.ts'
import { Topology } from './schema.ts'

/**
 * Reads a topology: its text, its shape, then its sense.
 * @param place how people call where it came from
 * @throws InfraError config-invalid (text with line and column, shape), topology-invalid (sense): every fault, a line each
 */
export const loadTopology = (text: string, place: string): Topology => {
  const topology = readConfig<Topology>(text, place, Topology)
  const faults = checkTopology(topology)
  if (faults.length === 0) return topology
  const lines = faults.map(
    ({ message, culprits, expected }) =>
      `${place}: ${message} (${culprits.join(', ')})${expected === undefined ? '' : ` – expected ${expected}`}`,
  )
  throw new InfraError('topology-invalid', lines.join('\n'), { context: { place, faults: faults.length } })
}
