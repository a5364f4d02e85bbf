import * as Type from 'typebox'
import { orNull, Text } from './envelope.ts'

/** A Wi-Fi station interface; its signal and bitrates are numbers (tm). Topic: state/wifi/<interface>. */
export const WifiState = Type.Object({
  associated: Type.Boolean(),
  ssid: orNull(Text),
  bssid: orNull(Text),
  frequencyMhz: orNull(Type.Number({ minimum: 0 })),
})
export type WifiState = Type.Static<typeof WifiState>
