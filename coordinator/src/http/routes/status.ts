import { nodeSummaries, nodesTable } from '../views/nodes.ts'
import { alertViews, alertsTable } from '../views/alerts.ts'
import { modemsTable, modemViews } from '../views/modems.ts'
import { deviationsNow } from '../views/topology.ts'
import { age } from '../table/words.ts'
import type { HttpContext } from '../context.ts'
import type { Shown } from '../plugins/show.ts'
import { waitForChange, WaitQuery } from '../plugins/wait.ts'
import type { Routes } from './route.ts'

/** `GET /`: the home at a glance. */
export const statusRoutes: Routes = (app, { context, cached }) => {
  const schema = { summary: 'The home at a glance', tags: ['status'], querystring: WaitQuery }
  app.get('/', { config: { scope: 'read' }, schema }, async (request, reply) => {
    await waitForChange(context.stream, request.query.wait)
    return cached(request, reply, 'status', () => statusOf(context))
  })
}

const statusOf = (context: HttpContext): Shown => {
  const { world } = context
  const now = context.now()
  const nodes = nodeSummaries(world, now)
  const modems = modemViews(world, now)
  const alerts = alertViews(world, context.rules, now).filter(({ state }) => state !== 'resolved')
  const found = deviationsNow(context.topology, world).filter(({ followsFrom }) => followsFrom === null)
  const { ready, reasons } = context.readiness()
  const online = nodes.filter(({ state }) => state === 'online').length
  const head = `${context.site}: ${online} of ${count(nodes.length, 'node')} online, ${count(alerts.length, 'alert')}, ${count(found.length, 'deviation')} from the plan`
  const coordinator = `coordinator ${context.version}, epoch ${world.epoch}, up ${age(now.mono - world.listeningSince)}`
  return {
    version: world.position,
    json: {
      site: context.site,
      version: context.version,
      epoch: world.epoch,
      ready,
      reasons,
      nodes,
      alerts,
      modems,
      deviations: found,
    },
    parts: () => [
      [head, coordinator, ...reasons.map((reason) => `! ${reason}`)].join('\n'),
      nodesTable(nodes),
      ...(modems.length > 0 ? [modemsTable(modems)] : []),
      ...(alerts.length > 0 ? [alertsTable(alerts)] : []),
      ...(found.length > 0 ? [found.map(({ message }) => `! ${message}`).join('\n')] : []),
    ],
    next: nextOf(alerts.length, found.length),
  }
}

const count = (n: number, thing: string): string => `${n} ${thing}${n === 1 ? '' : 's'}`

const nextOf = (alerts: number, deviations: number): string => {
  if (alerts > 0) return 'curl …/api/v1/alerts, then …/api/v1/events/ID/explain says why'
  if (deviations > 0) return 'curl …/api/v1/topology shows the plan beside what is'
  return 'curl …/api/v1/links, …/api/v1/nodes/NAME, …/api/v1/events'
}
