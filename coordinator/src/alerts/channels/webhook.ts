import { fileOf, URL_TEXT, urlField } from '../sending/file-of.ts'
import { httpChannel } from '../sending/http-channel.ts'
import { bearerOf, postJson } from '../sending/http-parts.ts'
import { SECRETS_TEXT, signatureHeaders } from '../sending/standard-webhook.ts'
import { bodyOf, titleOf } from './text.ts'

export type WebhookConfig = { readonly url: string; readonly bearer?: string; readonly secret?: string }

/** Posts JSON to a URL of one's own: {title, text, id, site, sentAt, stillFiring, wasOffline, items[]}; signed as Standard Webhooks wants it. */
export const webhook = httpChannel<WebhookConfig>({
  kind: 'webhook',
  configSchema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      url: urlField('where it is posted'),
      urlFile: fileOf('the URL, where that is a secret', URL_TEXT),
      bearerFile: fileOf('a bearer token'),
      secretFile: fileOf('what it is signed with: whsec_ and 24 to 64 bytes in base64', SECRETS_TEXT),
    },
  },
  problems: ({ url, urlFile }) =>
    (url === undefined) === (urlFile === undefined)
      ? [{ path: '/url', value: url, expected: 'either url or urlFile' }]
      : [],
  request(notification, { url, bearer, secret }) {
    const text = { title: titleOf(notification), text: bodyOf(notification) }
    const asked = postJson(url, { ...text, ...notification }, bearerOf(bearer))
    if (secret === undefined) return asked
    const at = Math.floor(Date.parse(notification.sentAt) / 1000)
    const signature = signatureHeaders({ id: notification.id, at, body: asked.body }, secret)
    return { ...asked, headers: { ...asked.headers, ...signature } }
  },
})
