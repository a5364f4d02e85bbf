import { seconds } from '@infra-home/shared/clock.ts'
import { fileOf, URL_TEXT } from '../sending/file-of.ts'
import { httpChannel } from '../sending/http-channel.ts'
import { fieldOf, jsonOf, postJson } from '../sending/http-parts.ts'
import { cutCharacters, wholeOf } from './text.ts'

export type DiscordConfig = { readonly url: string }

/** Of `content` (discord.com/developers/docs/resources/webhook#execute-webhook). */
const MOST_CHARACTERS = 2000

/** A message through a webhook of a Discord channel. With `wait` the answer is the message as it was saved; nobody is pinged. */
export const discord = httpChannel<DiscordConfig>({
  kind: 'discord',
  configSchema: {
    type: 'object',
    additionalProperties: false,
    required: ['urlFile'],
    properties: { urlFile: fileOf('the webhook’s URL', URL_TEXT) },
  },
  request: (notification, { url }) =>
    postJson(waiting(url), {
      content: cutCharacters(wholeOf(notification), MOST_CHARACTERS),
      allowed_mentions: { parse: [] },
    }),
  stranger: (answer) =>
    typeof fieldOf(jsonOf(answer), 'id') === 'string' ? null : 'not a message that Discord saved',
  // discord.com/developers/docs/topics/rate-limits: seconds with a fraction
  wait(body) {
    const wait = fieldOf(body, 'retry_after')
    return typeof wait === 'number' ? seconds(wait) : null
  },
})

const waiting = (url: string): string => {
  const target = new URL(url)
  target.searchParams.set('wait', 'true')
  return target.href
}
