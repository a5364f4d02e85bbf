import { seconds } from '@infra-home/shared/clock.ts'
import { deliver } from './answer.ts'
import type { ChannelKind, Notification } from './channel.ts'
import { bodyOf, titleOf } from './text.ts'

export type NtfyConfig = { readonly server: string; readonly topic: string; readonly bearer?: string }

/** ntfy takes at most 4,096 bytes of message (docs.ntfy.sh/config, message-size-limit). */
const MOST_CHARACTERS = 3500

/** Publishes as JSON to an ntfy server (docs.ntfy.sh/publish, "Publish as JSON"): priority 5 for critical, 3 else. */
export const ntfy: ChannelKind<NtfyConfig> = {
  kind: 'ntfy',
  configSchema: {
    type: 'object',
    required: ['server', 'topic'],
    properties: {
      server: { type: 'string', pattern: '^https?://.+', description: 'http:// or https:// URL' },
      topic: { type: 'string', pattern: '^[-_A-Za-z0-9]{1,64}$', description: 'an ntfy topic' },
      bearer: { type: 'string', minLength: 1 },
    },
  },
  create: (name, { server, topic, bearer }, post) => ({
    name,
    send: (notification) =>
      deliver(name, post, {
        url: server,
        headers: {
          'content-type': 'application/json',
          ...(bearer ? { authorization: `Bearer ${bearer}` } : {}),
        },
        body: JSON.stringify({
          topic,
          title: titleOf(notification),
          message: bodyOf(notification).slice(0, MOST_CHARACTERS),
          priority: priorityOf(notification),
          tags: [
            notification.items.every(({ event }) => event === 'resolved') ? 'white_check_mark' : 'warning',
          ],
        }),
        timeout: seconds(10),
      }),
  }),
}

const priorityOf = ({ items }: Notification): number =>
  items.some(({ severity, event }) => severity === 'critical' && event === 'fired') ? 5 : 3
