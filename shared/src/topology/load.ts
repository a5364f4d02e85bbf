import { InfraError } from '../errors.ts'
import { readConfig } from '../read-config.ts'
import { checkTopology } from './check.ts'
import { jsonFault } from './json-fault.ts'
import { Topology } from './schema.ts'

/**
 * Reads a topology: its text, its shape, then its sense.
 * @param place how people call where it came from
 * @throws InfraError config-invalid (text with line and column, shape), topology-invalid (sense): every fault, a line each
 */
export const loadTopology = (text: string, place: string): Topology => {
  refuseBrokenText(text, place)
  const topology = readConfig<Topology>(text, place, Topology)
  const faults = checkTopology(topology)
  if (faults.length === 0) return topology
  const lines = faults.map(({ message, culprits }) => `${place}: ${message} (${culprits.join(', ')})`)
  throw new InfraError('topology-invalid', lines.join('\n'), { context: { place, faults: faults.length } })
}

const refuseBrokenText = (text: string, place: string): void => {
  const fault = jsonFault(text)
  if (!fault) return
  const { line, column, what } = fault
  const message = `${place}: not JSON at line ${line}, column ${column}: ${what}`
  throw new InfraError('config-invalid', message, { context: { place, line, column } })
}
