import { fileOf, urlField } from '../sending/file-of.ts'
import { httpChannel } from '../sending/http-channel.ts'
import { bearerOf, postJson, webPage } from '../sending/http-parts.ts'
import { bodyOf, cutBytes, isOver, isUrgent, titleOf } from './text.ts'

export type NtfyConfig = { readonly server: string; readonly topic: string; readonly bearer?: string }

/** ntfy makes an attachment of a message of more bytes (docs.ntfy.sh/config, message-size-limit). */
const MOST_BYTES = 4096

/** Publishes as JSON to an ntfy server (docs.ntfy.sh/publish, "Publish as JSON"): priority 5 for critical, 3 else. */
export const ntfy = httpChannel<NtfyConfig>({
  kind: 'ntfy',
  configSchema: {
    type: 'object',
    additionalProperties: false,
    required: ['server', 'topic'],
    properties: {
      server: urlField('the ntfy server'),
      topic: { type: 'string', pattern: '^[-_A-Za-z0-9]{1,64}$', description: 'an ntfy topic' },
      bearerFile: fileOf('an access token'),
    },
  },
  request: (notification, { server, topic, bearer }) =>
    postJson(
      server,
      {
        topic,
        title: titleOf(notification),
        message: cutBytes(bodyOf(notification), MOST_BYTES),
        priority: isUrgent(notification) ? 5 : 3,
        tags: [isOver(notification) ? 'white_check_mark' : 'warning'],
      },
      bearerOf(bearer),
    ),
  stranger: webPage,
})
