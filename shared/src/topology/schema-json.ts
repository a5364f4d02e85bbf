import { Topology } from './schema.ts'

/** The JSON Schema of topology.json, for editors and for whoever is not TypeScript. */
export const topologySchemaJson = (): string =>
  `${JSON.stringify({ $schema: 'https://json-schema.org/draft/2020-12/schema', title: 'Infra Home topology', ...Topology }, null, 2)}\n`
