import * as Type from 'typebox'
import { Problem } from '../problem.ts'
import { etagOf, formOf, show } from '../plugins/show.ts'
import { waitForChange, WaitQuery } from '../plugins/wait.ts'
import { alertsTable, alertViews, type AlertView } from '../views/alerts.ts'
import type { HttpContext } from '../context.ts'
import { page, PageQuery } from './page.ts'
import { API, type Routes } from './route.ts'

const AlertParams = Type.Object({ id: Type.String({ maxLength: 64 }) })

/** @throws Problem not-found */
const alertNamed = (context: HttpContext, id: string): AlertView => {
  const alert = alertViews(context.world, context.rules, context.now()).find((a) => a.id === id)
  if (!alert) throw new Problem('not-found', `there is no alert ${id}`)
  return alert
}

const versionOf = ({ decision, acknowledged, notified }: AlertView): string =>
  JSON.stringify([decision, acknowledged, notified.map(({ status, attempts }) => [status, attempts])])

export const alertRoutes: Routes = (app, { context }) => {
  const listSchema = {
    summary: 'Alerts, those that are on first',
    tags: ['alerts'],
    querystring: Type.Interface([WaitQuery, PageQuery], {}),
  }
  app.get(`${API}/alerts`, { config: { scope: 'read' }, schema: listSchema }, async (request, reply) => {
    await waitForChange(context.stream, request.query.wait)
    const alerts = page(
      alertViews(context.world, context.rules, context.now()),
      ({ id }) => id,
      request.query,
    )
    return show(request, reply, {
      json: alerts,
      version: context.world.position,
      parts: () => [alerts.items.length === 0 ? 'nothing is or was wrong' : alertsTable(alerts.items)],
      next: 'curl …/api/v1/events/ID/explain',
    })
  })

  const oneSchema = { summary: 'One alert', tags: ['alerts'], params: AlertParams }
  app.get(`${API}/alerts/:id`, { config: { scope: 'read' }, schema: oneSchema }, async (request, reply) => {
    const alert = alertNamed(context, request.params.id)
    const told = alert.notified.map((n) => [
      n.channel,
      n.event,
      n.status,
      String(n.attempts),
      n.at ?? '–',
      n.answer ?? '–',
    ])
    return show(request, reply, {
      json: alert,
      version: versionOf(alert),
      parts: () => [
        alertsTable([alert]),
        `${alert.text}\n${alert.advice ?? ''}`.trim(),
        ...(told.length > 0
          ? [{ head: ['CHANNEL', 'EVENT', 'STATE', 'TRIES', 'AT', 'ANSWER'], rows: told }]
          : []),
      ],
      next: `curl …/api/v1/events/${alert.id}/explain`,
    })
  })

  const ackSchema = { summary: 'Acknowledge an alert', tags: ['alerts'], params: AlertParams }
  app.post(
    `${API}/alerts/:id/ack`,
    { config: { scope: 'operate' }, schema: ackSchema },
    async (request, reply) => {
      const alert = alertNamed(context, request.params.id)
      const wanted = request.headers['if-match']
      if (wanted !== undefined && wanted !== '*' && wanted !== etagOf(formOf(request), versionOf(alert)))
        throw new Problem('precondition-failed', 'the alert has changed since it was read')
      if (alert.state === 'resolved') throw new Problem('invalid-input', 'it was resolved meanwhile')
      const alertKey = `${alert.code}:${alert.node}:${alert.subject}`
      await context.ask({ request: 'acknowledge', alertKey, by: request.owner })
      const acknowledged = alertNamed(context, alert.id)
      return show(request, reply, { json: acknowledged, parts: () => [alertsTable([acknowledged])] })
    },
  )

  const testSchema = {
    summary: 'Send a test through one channel and show what it answered',
    tags: ['alerts'],
    body: Type.Object(
      { channel: Type.String({ minLength: 1, maxLength: 63 }) },
      { additionalProperties: false },
    ),
  }
  app.post(
    `${API}/alerts/test`,
    { config: { scope: 'operate' }, schema: testSchema },
    async (request, reply) => {
      const { channel } = request.body
      if (!context.channels.includes(channel))
        throw new Problem('invalid-input', `there is no channel ${channel}`, [
          {
            path: 'body/channel',
            message: `is one of ${context.channels.join(', ') || '(none is configured)'}`,
          },
        ])
      const outcome = await context.testChannel(channel, request.owner)
      return show(request, reply, {
        json: { channel, ...outcome },
        parts: () => [`${channel}: ${outcome.ok ? 'delivered' : 'not delivered'}, ${outcome.answer}`],
      })
    },
  )
}
