import * as Type from 'typebox'
import { rfc3339, type WallMs, wallMs } from '@infra-home/shared/clock.ts'
import { newIds } from '../../new-ids.ts'
import type { Silence } from '../../world/silence.ts'
import type { HttpContext } from '../context.ts'
import { show } from '../plugins/show.ts'
import { mustBe } from '../plugins/version.ts'
import { Problem } from '../problem.ts'
import { NewSilenceView, SilenceView } from '../schemas/alerts.ts'
import { listOf } from '../schemas/parts.ts'
import type { Table } from '../table/table.ts'
import { age } from '../table/words.ts'
import { rulesNow } from '../views/rules.ts'
import { page, PageQuery } from './page.ts'
import { API, type Routes } from './route.ts'

const LONGEST_SECONDS = 30 * 86_400

const SilenceParams = Type.Object({ id: Type.String({ minLength: 1, maxLength: 64 }) })

const NewSilence = Type.Object(
  {
    reason: Type.String({ minLength: 1, maxLength: 256 }),
    forSeconds: Type.Integer({ minimum: 1, maximum: LONGEST_SECONDS }),
    code: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    node: Type.Optional(Type.String({ minLength: 1, maxLength: 63 })),
  },
  { additionalProperties: false },
)

export const silenceRoutes: Routes = (app, tools) => {
  read(app, tools)
  add(app, tools)
  end(app, tools)
}

const read: Routes = (app, { context }) => {
  const schema = { summary: 'Silences', tags: ['alerts'], querystring: PageQuery }
  const config = { scope: 'read', shows: listOf(SilenceView) } as const
  app.get(`${API}/silences`, { config, schema }, async (request, reply) => {
    const all = page(lasting(context).map(viewOf), ({ id }) => id, request.query)
    return show(request, reply, {
      json: all,
      version: JSON.stringify(all),
      parts: () => [all.items.length === 0 ? 'nothing is silenced' : tableOf(all.items, context.now().wall)],
      next: 'curl …/api/v1/alerts',
    })
  })

  const oneSchema = { summary: 'One silence', tags: ['alerts'], params: SilenceParams }
  const oneConfig = { scope: 'read', shows: SilenceView } as const
  app.get(`${API}/silences/:id`, { config: oneConfig, schema: oneSchema }, async (request, reply) => {
    const silence = viewOf(silenceNamed(context, request.params.id))
    return show(request, reply, {
      json: silence,
      version: JSON.stringify(silence),
      parts: () => [tableOf([silence], context.now().wall)],
    })
  })
}

const add: Routes = (app, { context }) => {
  const newId = newIds()
  const schema = {
    summary: 'Silence alerts for a while: they are kept and shown, and not told',
    tags: ['alerts'],
    body: NewSilence,
  }
  const config = { scope: 'operate', shows: NewSilenceView, status: 201 } as const
  app.post(`${API}/silences`, { config, schema }, async (request, reply) => {
    const { reason, forSeconds, code = null, node = null } = request.body
    mustBeCode(context, code)
    const { wall } = context.now()
    const until = wallMs(wall + forSeconds * 1000)
    const silence: Silence = { id: newId(wall), code, node, reason, by: request.owner, from: wall, until }
    await context.ask({ request: 'silence', silence })
    void reply.code(201).header('location', `${API}/silences/${silence.id}`)
    const view = viewOf(silence)
    const warnings = doubtsAbout(context, silence)
    return show(request, reply, {
      json: { ...view, warnings },
      parts: () => [tableOf([view], wall), ...warnings.map((warning) => `! ${warning}`)],
    })
  })
}

const end: Routes = (app, { context }) => {
  const schema = { summary: 'End a silence', tags: ['alerts'], params: SilenceParams }
  const config = { scope: 'operate', status: 204 } as const
  app.delete(`${API}/silences/:id`, { config, schema }, async (request, reply) => {
    const silence = silenceNamed(context, request.params.id)
    mustBe(request, JSON.stringify(viewOf(silence)))
    await context.ask({ request: 'unsilence', id: silence.id, by: request.owner })
    return reply.code(204).send()
  })
}

/** @throws Problem invalid-input */
const mustBeCode = ({ rules: ours, world }: HttpContext, code: string | null): void => {
  const rules = rulesNow(ours, world)
  if (code === null || rules.some((rule) => rule.code === code)) return
  const message = `is one of ${rules.map((rule) => rule.code).join(', ')}`
  throw new Problem('invalid-input', `there is no alert ${code}: code ${message}`, [
    { path: 'body/code', message },
  ])
}

/** A node may be silenced before it is there; a name that is mistyped looks the same. */
const doubtsAbout = ({ world }: HttpContext, { node }: Silence): string[] =>
  node === null || Object.hasOwn(world.nodes, node) ? [] : [`unknown node '${node}'`]

/** Those that have not ended. */
const lasting = ({ world, now }: HttpContext): Silence[] => {
  const { wall } = now()
  return Object.values(world.silences).filter(({ until }) => wall < until)
}

/** @throws Problem not-found */
const silenceNamed = ({ world }: HttpContext, id: string): Silence => {
  const silence = Object.hasOwn(world.silences, id) ? world.silences[id] : undefined
  if (!silence) throw new Problem('not-found', `there is no silence ${id}`)
  return silence
}

const viewOf = ({ from, until, ...rest }: Silence) => ({
  ...rest,
  from: rfc3339(from),
  until: rfc3339(until),
})

const tableOf = (silences: readonly ReturnType<typeof viewOf>[], now: WallMs): Table => ({
  head: ['CODE', 'NODE', 'UNTIL', 'BY', 'REASON', 'ID'],
  rows: silences.map((s) => [s.code ?? 'any', s.node ?? 'any', untilOf(s.until, now), s.by, s.reason, s.id]),
  whole: [5],
})

const untilOf = (until: string, now: WallMs): string => {
  const left = Date.parse(until) - now
  return `${until.slice(0, 16).replace('T', ' ')} UTC, ${left > 0 ? `in ${age(left)}` : 'over'}`
}
