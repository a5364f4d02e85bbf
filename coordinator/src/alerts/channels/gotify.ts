import { fileOf, urlField } from '../sending/file-of.ts'
import { httpChannel } from '../sending/http-channel.ts'
import { below, fieldOf, jsonOf, postJson } from '../sending/http-parts.ts'
import { bodyOf, cutCharacters, isUrgent, titleOf } from './text.ts'

export type GotifyConfig = { readonly server: string; readonly token: string }

/** Gotify documents no limit; a telephone shows no more. */
const MOST_CHARACTERS = 4000

/** A message of an application on a Gotify server (gotify.net/api-docs, createMessage); from priority 8 on its app rings. */
export const gotify = httpChannel<GotifyConfig>({
  kind: 'gotify',
  configSchema: {
    type: 'object',
    additionalProperties: false,
    required: ['server', 'tokenFile'],
    properties: {
      server: urlField('the Gotify server'),
      tokenFile: fileOf('the application’s token'),
    },
  },
  request: (notification, { server, token }) =>
    postJson(
      below(server, 'message'),
      {
        title: titleOf(notification),
        message: cutCharacters(bodyOf(notification), MOST_CHARACTERS),
        priority: isUrgent(notification) ? 8 : 4,
      },
      { 'x-gotify-key': token },
    ),
  stranger: (answer) =>
    typeof fieldOf(jsonOf(answer), 'id') === 'number' ? null : 'not a message that Gotify saved',
})
