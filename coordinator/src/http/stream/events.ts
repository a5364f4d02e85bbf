import type { FastifyReply, FastifyRequest } from 'fastify'
import * as Type from 'typebox'
import { isUlid } from '@infra-home/shared/ulid.ts'
import type { HttpContext } from '../context.ts'
import { EventFilter, kindsIn } from '../routes/events.ts'
import { API, type Routes } from '../routes/route.ts'
import { entryView } from '../views/entries.ts'
import { follow } from './follow.ts'

const HEARTBEAT_MS = 15_000
/** A client that has this much waiting does not read: it is let go, and may resume. */
const MOST_WAITING = 4 * 1024 * 1024

const StreamQuery = Type.Interface([EventFilter], {
  after: Type.Optional(
    Type.String({ maxLength: 64, description: 'an entry id to resume behind, as Last-Event-ID' }),
  ),
})

/** The position behind which to resume; null without an id, or with one that nobody knows (any more). */
export const resumeAt = async (
  { store }: Pick<HttpContext, 'store'>,
  id: string | undefined,
): Promise<number | null> => (id !== undefined && isUlid(id) ? ((await store.entry(id))?.pos ?? null) : null)

/** Server-Sent Events: the journal as it is written. */
export const streamRoutes =
  (connections: Set<() => void>): Routes =>
  (app, { context }) => {
    const schema = {
      summary: 'The journal, live (Server-Sent Events; also a WebSocket)',
      tags: ['events'],
      querystring: StreamQuery,
    }
    app.get(`${API}/stream`, { config: { scope: 'read' }, schema }, async (request, reply) => {
      const { after, node, kind } = request.query
      const wanted = { kinds: kindsIn(kind), node }
      const last = request.headers['last-event-id']
      const position = await resumeAt(context, typeof last === 'string' ? last : after)
      const raw = begin(request, reply)
      const stop = follow(context, {
        wanted,
        after: position,
        give(entry) {
          raw.write(`id: ${entry.id}\nevent: ${entry.kind}\ndata: ${JSON.stringify(entryView(entry))}\n\n`)
          if (raw.writableLength > MOST_WAITING) raw.destroy()
        },
      })
      const beat = setInterval(() => raw.write(': still here\n\n'), HEARTBEAT_MS)
      const end = (): void => {
        clearInterval(beat)
        stop()
        connections.delete(hangUp)
      }
      const hangUp = (): void => void raw.end()
      connections.add(hangUp)
      raw.on('close', end)
    })
  }

const begin = (_request: FastifyRequest, reply: FastifyReply): FastifyReply['raw'] => {
  reply.hijack()
  reply.raw.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    'x-accel-buffering': 'no',
  })
  reply.raw.write(': the journal, live\n\n')
  return reply.raw
}
