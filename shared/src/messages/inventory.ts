import * as Type from 'typebox'
import { orNull, Text } from './envelope.ts'

/** What the machine is made of, looked up seldom. Topic: state/inventory/host. */
export const InventoryState = Type.Object({
  manufacturer: orNull(Text),
  model: orNull(Text),
  cpu: orNull(Text),
  cores: orNull(Type.Integer({ minimum: 0 })),
  architecture: orNull(Text),
  os: orNull(Text),
  memoryBytes: orNull(Type.Integer({ minimum: 0 })),
  disks: Type.Array(
    Type.Object({ name: Text, model: orNull(Text), bytes: orNull(Type.Integer({ minimum: 0 })) }),
    { maxItems: 32 },
  ),
})
export type InventoryState = Type.Static<typeof InventoryState>
