import * as Type from 'typebox'
import type { Entry } from '../../world/input.ts'
import type { HttpContext } from '../context.ts'
import { show } from '../plugins/show.ts'
import { mustBe } from '../plugins/version.ts'
import { WaitQuery } from '../plugins/wait.ts'
import { Problem } from '../problem.ts'
import { Alert } from '../schemas/alerts.ts'
import { listOf } from '../schemas/parts.ts'
import { alertParts, alertsTable, alertViews, type AlertView } from '../views/alerts.ts'
import { page, PageQuery } from './page.ts'
import { API, type Routes } from './route.ts'

const AlertParams = Type.Object({ id: Type.String({ minLength: 1, maxLength: 64 }) })

export const alertRoutes: Routes = (app, tools) => {
  list(app, tools)
  one(app, tools)
  acknowledge(app, tools)
}

const list: Routes = (app, { context, wait }) => {
  const schema = {
    summary: 'Alerts, those that are on first',
    tags: ['alerts'],
    querystring: Type.Interface([WaitQuery, PageQuery], {}),
  }
  const views = () => alertViews(context.world, context.now())
  const version = (): string => views().map(versionOf).join()
  const config = { scope: 'read', shows: listOf(Alert) } as const
  app.get(`${API}/alerts`, { config, schema }, async (request, reply) => {
    await wait(request, reply, { seconds: request.query.wait, matters: changesAlerts, version })
    const alerts = page(views(), ({ id }) => id, request.query)
    return show(request, reply, {
      json: alerts,
      version: version(),
      parts: () => [alerts.items.length === 0 ? 'nothing is or was wrong' : alertsTable(alerts.items)],
      next: `curl …/api/v1/events/${alerts.items[0]?.id ?? 'ID'}/explain`,
    })
  })
}

const one: Routes = (app, { context }) => {
  const schema = { summary: 'One alert', tags: ['alerts'], params: AlertParams }
  const config = { scope: 'read', shows: Alert } as const
  app.get(`${API}/alerts/:id`, { config, schema }, async (request, reply) => {
    const alert = alertNamed(context, request.params.id)
    return show(request, reply, {
      json: alert,
      version: versionOf(alert),
      parts: () => alertParts(alert),
      next: `curl …/api/v1/events/${alert.id}/explain`,
    })
  })
}

const acknowledge: Routes = (app, { context }) => {
  const schema = {
    summary: 'Acknowledge an alert',
    tags: ['alerts'],
    params: AlertParams,
  }
  const config = { scope: 'operate', shows: Alert } as const
  app.post(`${API}/alerts/:id/ack`, { config, schema }, async (request, reply) => {
    const alert = alertNamed(context, request.params.id)
    mustBe(request, versionOf(alert))
    if (alert.state === 'resolved') throw new Problem('invalid-input', 'it was resolved meanwhile')
    const alertKey = `${alert.code}:${alert.node}:${alert.subject}`
    await context.ask({ request: 'acknowledge', alertKey, by: request.owner })
    const acknowledged = alertNamed(context, alert.id)
    return show(request, reply, { json: acknowledged, parts: () => alertParts(acknowledged) })
  })
}

/** @throws Problem not-found */
const alertNamed = ({ world, now }: HttpContext, id: string): AlertView => {
  const alert = alertViews(world, now()).find((one) => one.id === id)
  if (!alert) throw new Problem('not-found', `there is no alert ${id}`)
  return alert
}

const versionOf = ({ decision, acknowledged, notified }: AlertView): string =>
  JSON.stringify([decision, acknowledged, notified.map(({ status, attempts }) => [status, attempts])])

/** True for what changes an alert, or says who was told of it. */
const changesAlerts = (entry: Entry): boolean =>
  entry.kind === 'step-finished' ||
  entry.kind === 'request' ||
  (entry.kind === 'decision' && (entry.body.policy === 'alerts' || entry.body.policy === 'deliveries'))
