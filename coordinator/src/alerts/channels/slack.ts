import { fileOf, URL_TEXT } from '../sending/file-of.ts'
import { httpChannel } from '../sending/http-channel.ts'
import { postJson } from '../sending/http-parts.ts'
import { cutCharacters, wholeOf } from './text.ts'

export type SlackConfig = { readonly url: string }

/** Longer texts are split into several messages (api.slack.com/changelog/2018-04-truncating-really-long-messages). */
const MOST_CHARACTERS = 4000

/** A message through an incoming webhook of Slack, which answers `ok` (docs.slack.dev/messaging/sending-messages-using-incoming-webhooks). */
export const slack = httpChannel<SlackConfig>({
  kind: 'slack',
  configSchema: {
    type: 'object',
    additionalProperties: false,
    required: ['urlFile'],
    properties: { urlFile: fileOf('the incoming webhook’s URL', URL_TEXT) },
  },
  request: (notification, { url }) =>
    postJson(url, { text: cutCharacters(escaped(wholeOf(notification)), MOST_CHARACTERS) }),
  stranger: ({ body }) => (body.trim() === 'ok' ? null : 'not Slack’s ok'),
})

/** The three characters with a meaning in Slack's texts (docs.slack.dev/messaging/formatting-message-text#escaping). */
const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
