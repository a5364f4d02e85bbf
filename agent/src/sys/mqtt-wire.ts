import { connect } from 'mqtt'
import type { WireMaker } from './wire.ts'

export type MqttOptions = {
  readonly host: string
  readonly port: number
  readonly node: string
  readonly secret: string
}

const KEEPALIVE_SECONDS = 20
const CONNECT_TIMEOUT_MS = 8_000

/**
 * MQTT 3.1.1 over TCP. mqtt.js's table of encoded numbers is switched off: it alone costs 16 MB of memory. Reconnecting is not
 * its business, since each connection has a will of its own.
 */
export const mqttWire =
  ({ host, port, node, secret }: MqttOptions): WireMaker =>
  ({ will, subscriptions, onOpen, onMessage, onEnd }) => {
    const client = connect({
      protocol: 'mqtt',
      host,
      port,
      clientId: node,
      username: node,
      password: secret,
      protocolVersion: 4,
      clean: true,
      reconnectPeriod: 0,
      connectTimeout: CONNECT_TIMEOUT_MS,
      keepalive: KEEPALIVE_SECONDS,
      writeCache: false,
      resubscribe: false,
      will: { topic: will.topic, payload: Buffer.from(will.payload), qos: 1, retain: true },
    })
    let reason = 'the connection was closed'
    let ended = false
    const end = (): void => {
      if (ended) return
      ended = true
      client.end(true)
      onEnd(reason)
    }
    client.on('connect', () => {
      client.subscribe([...subscriptions], { qos: 1 }, (error) => {
        if (ended) return
        if (!error) return onOpen()
        reason = `cannot subscribe: ${error.message}`
        end()
      })
    })
    client.on('message', (topic, payload, packet) => onMessage(topic, payload, packet.retain))
    client.on('error', (error) => {
      reason = error.message
      end()
    })
    client.on('close', end)
    return {
      publish: (topic, payload, options) => void client.publish(topic, payload, options, () => {}),
      close: () =>
        new Promise((resolve) => {
          ended = true
          // mqtt.js does not call back for a connection that is gone already.
          if (!client.connected) client.end(true)
          if (!client.connected) return resolve()
          client.once('close', () => resolve())
          client.end(false, {}, () => resolve())
        }),
    }
  }
