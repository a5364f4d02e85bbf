import { seconds } from '@infra-home/shared/clock.ts'
import { deliver } from './answer.ts'
import type { ChannelKind } from './channel.ts'
import { bodyOf, titleOf } from './text.ts'

export type WebhookConfig = { readonly url: string; readonly bearer?: string }

/** Posts JSON to a URL of one's own: {site, title, text, stillFiring, items[]}. */
export const webhook: ChannelKind<WebhookConfig> = {
  kind: 'webhook',
  configSchema: {
    type: 'object',
    required: ['url'],
    properties: {
      url: { type: 'string', pattern: '^https?://.+', description: 'http:// or https:// URL' },
      bearer: { type: 'string', minLength: 1 },
    },
  },
  create: (name, { url, bearer }, post) => ({
    name,
    send: (notification) =>
      deliver(name, post, {
        url,
        headers: {
          'content-type': 'application/json',
          ...(bearer ? { authorization: `Bearer ${bearer}` } : {}),
        },
        body: JSON.stringify({ title: titleOf(notification), text: bodyOf(notification), ...notification }),
        timeout: seconds(10),
      }),
  }),
}
