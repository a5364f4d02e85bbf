import * as Type from 'typebox'
import { orNull, Text } from './envelope.ts'

/** What is true or false of a machine; its numbers are in tm. Topic: state/host/host. */
export const HostState = Type.Object({
  kernel: orNull(Text),
  clockSynchronised: orNull(Type.Boolean()),
  underVoltage: orNull(Type.Boolean()),
  throttled: orNull(Type.Boolean()),
  underVoltageSinceBoot: orNull(Type.Boolean()),
  throttledSinceBoot: orNull(Type.Boolean()),
})
export type HostState = Type.Static<typeof HostState>
