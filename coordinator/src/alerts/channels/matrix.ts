import { milliseconds } from '@infra-home/shared/clock.ts'
import { fileOf, urlField } from '../sending/file-of.ts'
import { httpChannel } from '../sending/http-channel.ts'
import { bearerOf, below, fieldOf, jsonOf, postJson } from '../sending/http-parts.ts'
import { cutBytes, wholeOf } from './text.ts'

export type MatrixConfig = { readonly server: string; readonly room: string; readonly token: string }

/** A whole event may have 65,536 bytes (spec.matrix.org, client-server API, "Size limits"); JSON writes a character as six at most. */
const MOST_BYTES = 10_000

/**
 * A text message in a Matrix room. The transaction id is the same at each attempt, and the server takes it once
 * (spec.matrix.org, PUT /rooms/{roomId}/send/{eventType}/{txnId}). The room must not be encrypted.
 */
export const matrix = httpChannel<MatrixConfig>({
  kind: 'matrix',
  configSchema: {
    type: 'object',
    additionalProperties: false,
    required: ['server', 'room', 'tokenFile'],
    properties: {
      server: urlField('the homeserver’s client API'),
      room: { type: 'string', pattern: '^!\\S+$', description: 'a room’s id, which begins with !' },
      tokenFile: fileOf('the access token of a user of our own'),
    },
  },
  request(notification, { server, room, token }) {
    const place = `rooms/${encodeURIComponent(room)}/send/m.room.message/${encodeURIComponent(notification.id)}`
    const message = { msgtype: 'm.text', body: cutBytes(wholeOf(notification), MOST_BYTES) }
    const url = below(server, `_matrix/client/v3/${place}`)
    return { ...postJson(url, message, bearerOf(token)), method: 'PUT' }
  },
  stranger: (answer) =>
    typeof fieldOf(jsonOf(answer), 'event_id') === 'string' ? null : 'not an event that Matrix took',
  // M_LIMIT_EXCEEDED before version 1.10 of the specification
  wait(body) {
    const wait = fieldOf(body, 'retry_after_ms')
    return typeof wait === 'number' ? milliseconds(wait) : null
  },
})
