import { fileOf, urlField } from '../sending/file-of.ts'
import { httpChannel } from '../sending/http-channel.ts'
import { below, fieldOf, jsonOf, postJson } from '../sending/http-parts.ts'
import { bodyOf, cutCharacters, isUrgent, titleOf } from './text.ts'

export type PushoverConfig = {
  readonly token: string
  readonly user: string
  readonly server?: string
}

/** pushover.net/api#limits */
const MOST = { title: 250, message: 1024 }

/** A push message (pushover.net/api): priority 1, which goes past quiet hours, when something critical is on. */
export const pushover = httpChannel<PushoverConfig>({
  kind: 'pushover',
  configSchema: {
    type: 'object',
    additionalProperties: false,
    required: ['tokenFile', 'userFile'],
    properties: {
      tokenFile: fileOf('the application’s token', '^[A-Za-z0-9]{30}$'),
      userFile: fileOf('the key of the user or group', '^[A-Za-z0-9]{30}$'),
      server: urlField('something else than https://api.pushover.net'),
    },
  },
  request: (notification, { token, user, server = 'https://api.pushover.net' }) =>
    postJson(below(server, '1/messages.json'), {
      token,
      user,
      title: cutCharacters(titleOf(notification), MOST.title),
      message: cutCharacters(bodyOf(notification), MOST.message),
      priority: isUrgent(notification) ? 1 : 0,
      timestamp: Math.floor(Date.parse(notification.items[0]?.at ?? notification.sentAt) / 1000),
    }),
  stranger: (answer) => (fieldOf(jsonOf(answer), 'status') === 1 ? null : 'not Pushover’s status 1'),
})
