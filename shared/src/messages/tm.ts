import * as Type from 'typebox'
import { METRICS, type Metric } from '../units.ts'
import { enveloped, orNull } from './envelope.ts'

/** Numbers of one thing: metric → value, null when it is unknown now. */
export type Numbers = { readonly [M in Metric]?: number | null }

const NumbersSchema = Type.Unsafe<Numbers>(
  Type.Object(
    Object.fromEntries(Object.keys(METRICS).map((metric) => [metric, Type.Optional(orNull(Type.Number()))])),
  ),
)

/** A batch of numbers seen at one instant, by state key (`link/eth0`, `modem/mifi`, `host/host`). Topic: tm, QoS 0. */
export const TmMessage = enveloped({
  numbers: Type.Record(Type.String({ pattern: '^[a-z]+/.{1,256}$' }), NumbersSchema, {
    maxProperties: 256,
    additionalProperties: false, // what is no state's key is checked by nobody
  }),
})
export type TmMessage = Type.Static<typeof TmMessage>
