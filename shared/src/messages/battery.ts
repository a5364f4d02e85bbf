import * as Type from 'typebox'
import { orNull, Text } from './envelope.ts'
import { literals } from './literals.ts'

/** How a device's own battery stands; its charge and heat are numbers (tm). Topic: state/battery/own. */
export const BatteryState = Type.Object({
  charging: orNull(Type.Boolean()),
  plugged: orNull(literals('ac', 'usb', 'wireless', 'none')),
  /** In the device's own words: `good`, `overheat`. */
  health: orNull(Text),
})
export type BatteryState = Type.Static<typeof BatteryState>
