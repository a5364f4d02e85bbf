import { describeError, isInfraError } from '@infra-home/shared/errors.ts'
import { COORDINATOR, ROOT } from '@infra-home/shared/topics.ts'
import { deliveryFailed } from '../sending/delivery-failed.ts'
import type { About, Channel, ChannelKind, Notification, NotificationItem, Publish } from './channel.ts'
import { bodyOf, titleOf } from './text.ts'

export type MqttConfig = { readonly root?: string }

/** Below the coordinator's own name, where no node may write and every reader may listen. */
const USUAL_ROOT = `${ROOT}/${COORDINATOR}/alerts`

/**
 * Says on the house's bus what is so and what happened: `<root>/on/<code>/<node>/<subject>` is retained while an alert is on and
 * cleared when it is over; `<root>/said` has every message, retained never.
 */
export const mqtt: ChannelKind<MqttConfig> = {
  kind: 'mqtt',
  over: 'house',
  configSchema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      root: {
        type: 'string',
        pattern: `^(?!${ROOT}/[^$])[^+#/\\s]+(/[^+#/\\s]+)*$`,
        description: `a topic without wildcards and outside of the nodes’, such as ${USUAL_ROOT}`,
      },
    },
  },
  create: (name, { root = USUAL_ROOT }) => create(name, root),
}

const create = (name: string, root: string): Channel => {
  /** Topics that this process has said something lasting on. */
  const lasting = new Set<string>()
  const say = async (said: readonly Said[], publish: Publish): Promise<string> => {
    const exchange: string[] = []
    for (const { topic, payload, retain } of said) {
      const isFirst = exchange.length === 0
      exchange.push(`> PUBLISH ${topic}${retain ? ' (retained)' : ''}`, `> ${payload}`.trimEnd())
      await publish(topic, payload, retain).catch((error: unknown) => {
        const unsent = isFirst && isInfraError(error, 'broker-failed')
        throw deliveryFailed(name, describeError(error), {
          retryable: true,
          unsent,
          exchange: exchange.join('\n'),
        })
      })
      if (retain && payload !== '') lasting.add(topic)
      else lasting.delete(topic)
    }
    return exchange.join('\n')
  }
  return {
    name,
    async send(notification, { publish }) {
      const words = [...stateWords(root, notification.items), newsOf(root, notification)]
      return { answer: 'the broker has it', exchange: await say(words, publish) }
    },
    async keepUp({ items }, publish) {
      const on = stateWords(root, items)
      const forgotten = [...lasting].filter((topic) => !on.some((word) => word.topic === topic))
      await say([...on, ...forgotten.map((topic) => ({ topic, payload: '', retain: true }))], publish)
    },
  }
}

type Said = { readonly topic: string; readonly payload: string; readonly retain: boolean }

/** What lasts: an alert while it is on, and nothing when it is over. */
const stateWords = (root: string, items: readonly NotificationItem[]): Said[] =>
  items.flatMap((item) => {
    if (!item.about) return []
    const { title, text, advice, severity, at, alertId, entry } = item
    const said = { ...item.about, severity, title, text, advice, since: at, alertId, entry }
    const payload = JSON.stringify(said)
    return [
      { topic: topicOf(root, item.about), payload: item.event === 'resolved' ? '' : payload, retain: true },
    ]
  })

const topicOf = (root: string, { code, node, subject }: About): string =>
  `${root}/on/${code}/${node}/${encodeURIComponent(subject)}`

const newsOf = (root: string, notification: Notification): Said => ({
  topic: `${root}/said`,
  payload: JSON.stringify({ title: titleOf(notification), text: bodyOf(notification), ...notification }),
  retain: false,
})
