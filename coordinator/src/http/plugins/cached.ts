import type { FastifyReply, FastifyRequest } from 'fastify'
import { etagOf, type Form, formOf, render, type Shown, typeOf } from './show.ts'

type Body = {
  readonly bytes: Buffer
  readonly etag: string
  readonly position: number
  readonly at: number
  readonly costMs: number
}

/** A body may be as old as this many times what it cost to make, and a second at the most: so making bodies takes 5 % of the time. */
const AFFORDABLE = 20
const OLDEST_MS = 1000

/**
 * Answers with a body that is made at most as often as is affordable: at once when the world changed and making is cheap, and
 * once a second for its ages.
 * @param position the world's, which goes up with every change
 */
export const createCachedShow = (position: () => number, now: () => number = () => performance.now()) => {
  const bodies = new Map<string, Body>()

  const fresh = (key: string): Body | undefined => {
    const body = bodies.get(key)
    if (!body) return undefined
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
    bodies.set(key, body)
    return body
  }

  return (request: FastifyRequest, reply: FastifyReply, name: string, shown: () => Shown): FastifyReply => {
    const form = formOf(request)
    const key = `${name} ${form}`
    const { bytes, etag } = fresh(key) ?? make(key, form, shown)
    void reply
      .header('vary', 'Accept')
      .header('etag', etag)
      .header('cache-control', 'no-cache')
      .type(typeOf(form))
    return request.headers['if-none-match'] === etag ? reply.code(304).send() : reply.send(bytes)
  }
}
