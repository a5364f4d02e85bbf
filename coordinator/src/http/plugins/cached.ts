import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Form, formOf } from './accept.ts'
import { formHeaders, render, type Shown } from './show.ts'
import { etagOf, hasAlready } from './version.ts'

type Body = {
  readonly bytes: Buffer
  readonly etag: string
  readonly position: number
  readonly at: number
  readonly costMs: number
}

export type Cachable = {
  /** Names the resource with all that its query changes. */
  readonly key: string
  readonly shown: () => Shown
  /** Who waited for a change gets a body that has it. */
  readonly atLeast?: number | null
}

/** A body may be as old as this many times what it cost to make, and a second at the most: so making bodies takes 5 % of the time. */
const AFFORDABLE = 20
const OLDEST_MS = 1000
/** Clients choose the queries, and so the keys. */
const MOST_BODIES = 12

/** Answers with a body that may have been made before, for somebody else. */
export type CachedShow = (request: FastifyRequest, reply: FastifyReply, cachable: Cachable) => FastifyReply

/**
 * Answers with a body that is made at most as often as is affordable: at once when the world changed and making is
 * cheap, and once a second for its ages. Who has changed something is shown it: what was made before that is of no use any more.
 * @param position the world's, which goes up with every change
 */
export const cachedShow = (
  app: Pick<FastifyInstance, 'addHook'>,
  position: () => number,
  now: () => number = () => performance.now(),
): CachedShow => {
  const bodies = new Map<string, Body>()

  const fresh = (key: string, atLeast: number): Body | undefined => {
    const body = bodies.get(key)
    if (!body || body.position < atLeast) return undefined
    const age = now() - body.at
    if (age >= OLDEST_MS) return undefined
    return body.position === position() || age < body.costMs * AFFORDABLE ? body : undefined
  }

  const make = (key: string, form: Form, shown: () => Shown): Body => {
    const begun = now()
    const resource = shown()
    const bytes = Buffer.from(render(form, resource))
    const etag = etagOf(form, resource.version ?? position())
    const body = { bytes, etag, position: position(), at: now(), costMs: now() - begun }
    bodies.delete(key)
    bodies.set(key, body)
    if (bodies.size > MOST_BODIES) bodies.delete(bodies.keys().next().value ?? '')
    return body
  }

  app.addHook('onSend', async ({ method }, { statusCode }) => {
    if (method !== 'GET' && method !== 'HEAD' && statusCode < 400) bodies.clear()
  })

  return (request, reply, { key, shown, atLeast }) => {
    const form = formOf(request)
    const name = `${form} ${key}`
    const { bytes, etag } = fresh(name, atLeast ?? 0) ?? make(name, form, shown)
    formHeaders(reply, form)
    void reply.header('etag', etag)
    return hasAlready(request, etag) ? reply.code(304).send() : reply.send(bytes)
  }
}
