import type { FastifyReply, FastifyRequest } from 'fastify'
import * as Type from 'typebox'
import type { Entry } from '../../world/input.ts'
import type { HttpContext } from '../context.ts'
import { formOf } from './accept.ts'
import { etagOf, hasAlready } from './version.ts'

/** `?wait=SECONDS`: the answer comes when something has changed, or when the time is over. */
export const WaitQuery = Type.Object({
  wait: Type.Optional(
    Type.Number({ minimum: 0, maximum: 60, description: 'seconds to wait for a change before answering' }),
  ),
})

export type Waiting = {
  readonly seconds: number | undefined
  /** Which entries are a change of this resource; unless said: all but numbers and the passing of time. */
  readonly matters?: (entry: Entry) => boolean
  /** The resource's version now: whoever has another one (If-None-Match) is answered at once. */
  readonly version?: () => string | number
}

/** Resolves with the world's position after the change, or null when there was none. */
export type Wait = (request: FastifyRequest, reply: FastifyReply, waiting: Waiting) => Promise<number | null>

/** @param closing when the server closes, nobody waits any more */
export const createWait =
  ({ stream, world }: Pick<HttpContext, 'stream' | 'world'>, closing: AbortSignal): Wait =>
  (request, reply, { seconds, matters = isChange, version }) => {
    if (!seconds || closing.aborted) return Promise.resolve(null)
    const has = request.headers['if-none-match'] !== undefined
    if (has && version && !hasAlready(request, etagOf(formOf(request), version())))
      return Promise.resolve(null)
    return new Promise((resolve) => {
      const finish = (position: number | null): void => {
        clearTimeout(timer)
        leave()
        closing.removeEventListener('abort', giveUp)
        reply.raw.off('close', giveUp)
        resolve(position)
      }
      const giveUp = (): void => finish(null)
      const timer = setTimeout(giveUp, seconds * 1000)
      // an entry is told before the world has it, and what follows from it comes in the same breath
      const leave = stream.subscribe((entry) => {
        if (matters(entry)) setImmediate(() => finish(world.position))
      })
      closing.addEventListener('abort', giveUp)
      reply.raw.on('close', giveUp)
    })
  }

const isChange = ({ kind }: Entry): boolean => kind !== 'numbers' && kind !== 'tick'
