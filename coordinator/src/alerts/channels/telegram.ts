import { seconds } from '@infra-home/shared/clock.ts'
import { fileOf, urlField } from '../sending/file-of.ts'
import { httpChannel } from '../sending/http-channel.ts'
import { below, fieldOf, jsonOf, postJson } from '../sending/http-parts.ts'
import { cutCharacters, isUrgent, wholeOf } from './text.ts'

export type TelegramConfig = {
  readonly token: string
  readonly chat: string
  readonly server?: string
}

/** Of a message's text (core.telegram.org/bots/api#sendmessage). */
const MOST_CHARACTERS = 4096

/** A message of a bot of one's own; what is not critical makes no sound. */
export const telegram = httpChannel<TelegramConfig>({
  kind: 'telegram',
  configSchema: {
    type: 'object',
    additionalProperties: false,
    required: ['tokenFile', 'chat'],
    properties: {
      tokenFile: fileOf('the bot’s token, as @BotFather gave it', '^\\d+:[-_A-Za-z0-9]+$'),
      chat: {
        type: 'string',
        pattern: '^(-?\\d+|@\\w{5,})$',
        description: 'a chat’s number, or the @name of a channel',
      },
      server: urlField('a Bot API server of one’s own'),
    },
  },
  request: (notification, { token, chat, server = 'https://api.telegram.org' }) =>
    postJson(below(server, `bot${token}/sendMessage`), {
      chat_id: chat,
      text: cutCharacters(wholeOf(notification), MOST_CHARACTERS),
      disable_notification: !isUrgent(notification),
    }),
  stranger: (answer) => (fieldOf(jsonOf(answer), 'ok') === true ? null : 'not Telegram’s ok'),
  // #responseparameters
  wait(body) {
    const wait = fieldOf(fieldOf(body, 'parameters'), 'retry_after')
    return typeof wait === 'number' ? seconds(wait) : null
  },
})
