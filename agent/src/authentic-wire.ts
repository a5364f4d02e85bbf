import { type MacKey, macFault, withMac } from '@infra-home/shared/seal/mac.ts'
import type { WireMaker } from './sys/wire.ts'

/**
 * Gives every message that leaves a MAC, the last will included, and lets in only what has the right one. Words to everybody have
 * none: they are signed.
 * @param onForged hears of each message that was not let in
 */
export const authenticWire =
  (
    make: WireMaker,
    { node, key, onForged }: { node: string; key: MacKey; onForged: (topic: string, fault: string) => void },
  ): WireMaker =>
  (options) => {
    const { will, onMessage } = options
    const own = `ih/1/${node}/`
    const wire = make({
      ...options,
      will: { topic: will.topic, payload: withMac(key, will.topic, will.payload) },
      onMessage(topic, payload, retained) {
        const fault = topic.startsWith(own) ? macFault(key, topic, payload) : null
        if (fault === null) onMessage(topic, payload, retained)
        else onForged(topic, fault)
      },
    })
    return {
      publish: (topic, payload, how) => wire.publish(topic, withMac(key, topic, payload), how),
      close: () => wire.close(),
    }
  }
