import { hours, seconds } from '@infra-home/shared/clock.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import type { InventoryState } from '@infra-home/shared/messages/inventory.ts'
import { asCount, asList, asObject, asText } from '../parse/json.ts'
import type { Collector } from './collector.ts'

/** What the machine is made of. A child looks it up and exits: the library that knows it is large and slow. */
export const inventory = (): Collector => ({
  name: 'inventory',
  pace: hours(1),
  wakesOn: [],
  async collect(sys) {
    const body = parseInventory(await sys.exec('inventory', [], seconds(15)))
    return { states: [{ kind: 'inventory', id: 'host', body }], numbers: {}, whole: ['inventory'] }
  },
})

/** Reads what ../inventory.ts prints. @throws InfraError parse-failed */
export const parseInventory = (text: string): InventoryState => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new InfraError('parse-failed', 'the inventory is not JSON', { cause })
  }
  const found = asObject(value)
  const short = (key: string): string | null => asText(found[key])?.slice(0, 256) ?? null
  return {
    manufacturer: short('manufacturer'),
    model: short('model'),
    cpu: short('cpu'),
    cores: asCount(found['cores']),
    architecture: short('architecture'),
    os: short('os'),
    memoryBytes: asCount(found['memoryBytes']),
    disks: asList(found['disks'])
      .slice(0, 32)
      .map((disk) => ({
        name: asText(disk['name'])?.slice(0, 256) ?? '',
        model: asText(disk['model'])?.slice(0, 256) ?? null,
        bytes: asCount(disk['bytes']),
      })),
  }
}
