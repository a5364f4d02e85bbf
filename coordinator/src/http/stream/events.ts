import type { ServerResponse } from 'node:http'
import type { FastifyReply } from 'fastify'
import * as Type from 'typebox'
import { describeError } from '@infra-home/shared/errors.ts'
import type { Entry } from '../../world/input.ts'
import { kindsIn } from '../kinds.ts'
import { Problem } from '../problem.ts'
import { EventFilter } from '../routes/events.ts'
import { API, type Routes } from '../routes/route.ts'
import { follow } from './follow.ts'
import { entryJson, GAP, HEARTBEAT_MS, MOST_WAITING_BYTES, resumeAt } from './said.ts'

export const StreamQuery = Type.Interface([EventFilter], {
  after: Type.Optional(
    Type.String({ maxLength: 64, description: 'an entry id to resume behind, as Last-Event-ID' }),
  ),
})

const schema = {
  summary: 'The journal, live',
  description:
    'Server-Sent Events: `id` is the entry, `event` its kind; an event `gap` says that something is missing. The same path is a WebSocket.',
  tags: ['events'],
  querystring: StreamQuery,
}

/** Server-Sent Events: the journal as it is written. */
export const streamRoutes: Routes = (app, { context, journal, listeners }) => {
  const config = { scope: 'read', types: ['text/event-stream'] } as const
  app.get(`${API}/stream`, { config, schema, exposeHeadRoute: false }, async (request, reply) => {
    const { after, node, kind } = request.query
    const wanted = { kinds: kindsIn(kind), node }
    const last = request.headers['last-event-id']
    const position = await resumeAt(journal, typeof last === 'string' ? last : after)
    const leave = listeners.admit(() => reply.raw.end())
    if (!leave) throw new Problem('too-many', 'so many listen already')
    const raw = begin(reply)
    if (position === 'unknown') sayGap(raw)
    const stop = follow(context, {
      wanted,
      after: position === 'unknown' ? null : position,
      give: (entry) => write(raw, entry),
      drained: () => drained(raw),
      missed: () => sayGap(raw),
      failed(error) {
        context.log('warn', 'a listener is sent away: the journal cannot be read', {
          error: describeError(error),
        })
        raw.end()
      },
    })
    const beat = setInterval(() => say(raw, ': still here\n\n'), HEARTBEAT_MS)
    const end = (): void => {
      clearInterval(beat)
      stop()
      leave()
    }
    raw.on('close', end)
    if (raw.destroyed) end()
  })
}

const begin = (reply: FastifyReply): ServerResponse => {
  reply.hijack()
  reply.raw.on('error', () => {}) // whoever went away is heard of as close
  reply.raw.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    'x-content-type-options': 'nosniff',
    'x-accel-buffering': 'no',
  })
  say(reply.raw, 'retry: 2000\n: the journal, live\n\n')
  return reply.raw
}

const say = (raw: ServerResponse, text: string): void => {
  if (!raw.destroyed && !raw.writableEnded) raw.write(text)
}

const sayGap = (raw: ServerResponse): void => say(raw, `event: gap\ndata: ${JSON.stringify(GAP)}\n\n`)

const write = (raw: ServerResponse, entry: Entry): void => {
  say(raw, `id: ${entry.id}\nevent: ${entry.kind}\ndata: ${entryJson(entry)}\n\n`)
  if (raw.writableLength > MOST_WAITING_BYTES) raw.destroy()
}

const drained = (raw: ServerResponse): Promise<void> =>
  raw.destroyed || !raw.writableNeedDrain
    ? Promise.resolve()
    : new Promise((resolve) => {
        const done = (): void => {
          raw.off('drain', done).off('close', done)
          resolve()
        }
        raw.on('drain', done).on('close', done)
      })
