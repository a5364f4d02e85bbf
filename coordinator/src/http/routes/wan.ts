import * as Type from 'typebox'
import { wallMs } from '@infra-home/shared/clock.ts'
import type { Override } from '@infra-home/shared/wan/state.ts'
import type { WanPlan } from '../../decide/wan-plan.ts'
import type { HttpContext } from '../context.ts'
import { show } from '../plugins/show.ts'
import { WaitQuery } from '../plugins/wait.ts'
import { Problem } from '../problem.ts'
import { listOf } from '../schemas/parts.ts'
import { Wan, WanMove, WanOutlook, WanUsage } from '../schemas/wan.ts'
import { clean } from '../table/clean.ts'
import { outlook, outlookLine } from '../views/wan-outlook.ts'
import { switchRefusal } from '../views/wan-refusal.ts'
import { tetherLine } from '../views/tether.ts'
import { movesTable, wanLine, wanTable, wanView } from '../views/wan.ts'
import { usageTable, usageView } from '../views/wan-usage.ts'
import { page, PageQuery } from './page.ts'
import { API, type Routes } from './route.ts'

const LONGEST_SECONDS = 30 * 86_400
const USUAL_SECONDS = 3600

const Reason = Type.String({ minLength: 1, maxLength: 256 })
const ForSeconds = Type.Optional(Type.Integer({ minimum: 1, maximum: LONGEST_SECONDS }))
const strict = { additionalProperties: false } as const
const NewHold = Type.Object({ reason: Reason, forSeconds: ForSeconds }, strict)
/** Which uplinks there are is told by the plan, and to whoever names none of them. */
const Uplink = Type.String({ minLength: 1, maxLength: 64 })
const NewSwitch = Type.Object({ uplink: Uplink, reason: Reason, forSeconds: ForSeconds }, strict)

/** The way out of the house. */
export const wanRoutes: Routes = (app, tools) => {
  read(app, tools)
  decisions(app, tools)
  usage(app, tools)
  hold(app, tools)
  move(app, tools)
  endMove(app, tools)
}

const shown = (context: HttpContext) => {
  const json = wanView(context)
  return {
    json,
    version: JSON.stringify(json),
    parts: () => [
      wanLine(json),
      ...(json.uplinks.length > 0 ? [wanTable(json)] : []),
      ...json.uplinks.flatMap(({ id, tether }) => (tether ? [tetherLine(id, tether)] : [])),
    ],
    next: json.lastDecision
      ? `curl …${API}/events/${json.lastDecision.id}/explain`
      : `curl …${API}/wan/decisions`,
  }
}

const read: Routes = (app, { context, wait }) => {
  const schema = { summary: 'The way out of the house', tags: ['wan'], querystring: WaitQuery }
  const config = { scope: 'read', shows: Wan } as const
  app.get(`${API}/wan`, { config, schema }, async (request, reply) => {
    await wait(request, reply, { seconds: request.query.wait, version: () => shown(context).version })
    return show(request, reply, shown(context))
  })
}

const decisions: Routes = (app, { context }) => {
  const schema = { summary: 'Moves of traffic, the newest first', tags: ['wan'], querystring: PageQuery }
  const config = { scope: 'read', shows: listOf(WanMove) } as const
  app.get(`${API}/wan/decisions`, { config, schema }, async (request, reply) => {
    const all = page(context.world.wan.history.toReversed(), ({ id }) => id, request.query)
    return show(request, reply, {
      json: all,
      version: JSON.stringify(all),
      parts: () => [movesTable(all.items)],
      next: `curl …${API}/events/ID/explain`,
    })
  })
}

const usage: Routes = (app, { context }) => {
  const schema = {
    summary: 'What each uplink carried in its billing month, for whom, and what is left',
    tags: ['wan'],
    querystring: PageQuery,
  }
  const config = { scope: 'read', shows: listOf(WanUsage) } as const
  app.get(`${API}/wan/usage`, { config, schema }, async (request, reply) => {
    const all = page(usageView(context), ({ uplink }) => uplink, request.query)
    return show(request, reply, {
      json: all,
      version: JSON.stringify(all),
      parts: () => [usageTable(all.items)],
      next: `curl …${API}/wan`,
    })
  })
}

const hold: Routes = (app, { context }) => {
  const schema = { summary: 'Keep traffic where it is', tags: ['wan'], body: NewHold }
  const config = { scope: 'operate', shows: Wan } as const
  app.put(`${API}/wan/hold`, { config, schema }, async (request, reply) => {
    planOf(context)
    const { reason, forSeconds } = request.body
    const until = forSeconds === undefined ? null : wallMs(context.now().wall + forSeconds * 1000)
    await context.ask({ request: 'hold-wan', hold: { by: request.owner, reason, until }, by: request.owner })
    return show(request, reply, shown(context))
  })
  const endSchema = { summary: 'Let traffic move again', tags: ['wan'] }
  const endConfig = { scope: 'operate', status: 204 } as const
  app.delete(`${API}/wan/hold`, { config: endConfig, schema: endSchema }, async (request, reply) => {
    planOf(context)
    if (context.world.wan.state.hold) await context.ask({ request: 'release-wan', by: request.owner })
    return reply.code(204).send()
  })
}

const move: Routes = (app, { context }) => {
  const schema = {
    summary: 'Send traffic out by this uplink for a while; with dryRun=true, say what that would do',
    tags: ['wan'],
    body: NewSwitch,
    querystring: Type.Object({ dryRun: Type.Optional(Type.Boolean()) }),
  }
  const config = { scope: 'operate', shows: WanOutlook } as const
  app.post(`${API}/wan/switch`, { config, schema }, async (request, reply) => {
    const plan = planOf(context)
    const { uplink, reason, forSeconds = USUAL_SECONDS } = request.body
    mustBeUplink(plan, uplink)
    const until = wallMs(context.now().wall + forSeconds * 1000)
    const override: Override = { uplink, reason, by: request.owner, until }
    const dryRun = request.query.dryRun ?? false
    mustBeMovable(context, uplink)
    const would = outlook(context, plan, { override, dryRun })
    if (!dryRun) await context.ask({ request: 'switch-wan', override, by: request.owner })
    return show(request, reply, {
      json: would,
      parts: () => [outlookLine(uplink, would)],
      next: `curl …${API}/wan`,
    })
  })
}

const endMove: Routes = (app, { context }) => {
  const schema = { summary: 'Let the machine choose the uplink again', tags: ['wan'] }
  const config = { scope: 'operate', status: 204 } as const
  app.delete(`${API}/wan/switch`, { config, schema }, async (request, reply) => {
    planOf(context)
    if (context.world.wan.state.override) await context.ask({ request: 'end-switch-wan', by: request.owner })
    return reply.code(204).send()
  })
}

/** @throws Problem not-found */
const planOf = ({ wan }: HttpContext): WanPlan => {
  if (wan) return wan
  throw new Problem('not-found', 'this home has no uplink in its plan')
}

/** @throws Problem invalid-input */
const mustBeUplink = ({ uplinks }: WanPlan, uplink: string): void => {
  if (uplinks.some(({ id }) => id === uplink)) return
  const message = `is one of ${uplinks.map(({ id }) => id).join(', ')}`
  throw new Problem(
    'invalid-input',
    `there is no uplink ${clean(JSON.stringify(uplink))}: uplink ${message}`,
    [{ path: 'body/uplink', message }],
  )
}

/** @throws Problem conflict */
const mustBeMovable = (context: HttpContext, uplink: string): void => {
  const refusal = switchRefusal(context, uplink)
  if (refusal !== null) throw new Problem('conflict', refusal)
}
