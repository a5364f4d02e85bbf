import { randomUUID } from 'node:crypto'
import * as Type from 'typebox'
import { wallMs } from '@infra-home/shared/clock.ts'
import type { Silence } from '../../world/silence.ts'
import { Problem } from '../problem.ts'
import { show } from '../plugins/show.ts'
import { page, PageQuery } from './page.ts'
import { API, type Routes } from './route.ts'

const LONGEST_SECONDS = 30 * 86_400

const viewOf = ({ from, until, ...rest }: Silence) => ({
  ...rest,
  from: new Date(from).toISOString(),
  until: new Date(until).toISOString(),
})

const tableOf = (silences: readonly ReturnType<typeof viewOf>[]) => ({
  head: ['CODE', 'NODE', 'UNTIL', 'BY', 'REASON', 'ID'],
  rows: silences.map((s) => [
    s.code ?? 'any',
    s.node ?? 'any',
    s.until.slice(0, 16).replace('T', ' '),
    s.by,
    s.reason,
    s.id,
  ]),
  whole: [5],
})

export const silenceRoutes: Routes = (app, { context }) => {
  const listSchema = { summary: 'Silences', tags: ['alerts'], querystring: PageQuery }
  app.get(`${API}/silences`, { config: { scope: 'read' }, schema: listSchema }, async (request, reply) => {
    const all = page(Object.values(context.world.silences).map(viewOf), ({ id }) => id, request.query)
    return show(request, reply, {
      json: all,
      parts: () => [all.items.length === 0 ? 'nothing is silenced' : tableOf(all.items)],
    })
  })

  const addSchema = {
    summary: 'Silence alerts for a while: they are kept and shown, and not told',
    tags: ['alerts'],
    body: Type.Object(
      {
        reason: Type.String({ minLength: 1, maxLength: 256 }),
        forSeconds: Type.Integer({ minimum: 1, maximum: LONGEST_SECONDS }),
        code: Type.Optional(Type.String({ maxLength: 64 })),
        node: Type.Optional(Type.String({ maxLength: 63 })),
      },
      { additionalProperties: false },
    ),
  }
  app.post(`${API}/silences`, { config: { scope: 'operate' }, schema: addSchema }, async (request, reply) => {
    const { reason, forSeconds, code = null, node = null } = request.body
    const { wall } = context.now()
    const until = wallMs(wall + forSeconds * 1000)
    const silence: Silence = { id: randomUUID(), code, node, reason, by: request.owner, from: wall, until }
    await context.ask({ request: 'silence', silence })
    void reply.code(201).header('location', `${API}/silences/${silence.id}`)
    return show(request, reply, { json: viewOf(silence), parts: () => [tableOf([viewOf(silence)])] })
  })

  const endSchema = {
    summary: 'End a silence',
    tags: ['alerts'],
    params: Type.Object({ id: Type.String({ maxLength: 64 }) }),
  }
  app.delete(
    `${API}/silences/:id`,
    { config: { scope: 'operate' }, schema: endSchema },
    async (request, reply) => {
      const { id } = request.params
      if (!Object.hasOwn(context.world.silences, id))
        throw new Problem('not-found', `there is no silence ${id}`)
      await context.ask({ request: 'unsilence', id, by: request.owner })
      return reply.code(204).send()
    },
  )
}
