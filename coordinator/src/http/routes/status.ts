import { elapsed, rfc3339 } from '@infra-home/shared/clock.ts'
import { nodeSummaries, nodesTable } from '../views/nodes.ts'
import { type AlertView, alertViews, alertsTable } from '../views/alerts.ts'
import { allModems, modemsTable } from '../views/modems.ts'
import { deviationCount, deviationsNow } from '../views/topology.ts'
import { age } from '../table/words.ts'
import { unheard, wanView, wishLines } from '../views/wan.ts'
import type { HttpContext } from '../context.ts'
import type { Shown } from '../plugins/show.ts'
import { WaitQuery } from '../plugins/wait.ts'
import { Status } from '../schemas/status.ts'
import type { Routes } from './route.ts'

/** `GET /`: the home at a glance. */
export const statusRoutes: Routes = (app, { context, cached, wait }) => {
  const schema = { summary: 'The home at a glance', tags: ['status'], querystring: WaitQuery }
  const config = { scope: 'read', shows: Status } as const
  app.get('/', { config, schema }, async (request, reply) => {
    const version = (): string => versionOf(context)
    const atLeast = await wait(request, reply, { seconds: request.query.wait, version })
    return cached(request, reply, { key: 'status', shown: () => statusOf(context), atLeast })
  })
}

/** Readiness changes without an entry. */
const versionOf = ({ world, readiness }: HttpContext): string =>
  [world.position, ...readiness().reasons].join()

const statusOf = (context: HttpContext): Shown => {
  const { world } = context
  const now = context.now()
  const nodes = nodeSummaries(world, now)
  const modems = allModems(world, now)
  const alerts = alertViews(world, now).filter(({ state }) => state !== 'resolved')
  const deviations = deviationsNow(context.topology, world)
  const found = deviations.filter(({ followsFrom }) => followsFrom === null)
  const { ready, reasons } = context.readiness()
  const online = nodes.filter(({ state }) => state === 'online').length
  const head = `${context.site}: ${online} of ${count(nodes.length, 'node')} online, ${alertCount(alerts)}, ${deviationCount(deviations)}`
  const coordinator = `coordinator ${context.version}, epoch ${world.epoch}, up ${age(elapsed(world.listeningSince, now.mono))}`
  return {
    version: versionOf(context),
    json: {
      site: context.site,
      version: context.version,
      epoch: world.epoch,
      upMs: Math.max(0, elapsed(world.listeningSince, now.mono)),
      ready,
      reasons,
      warnings: [...context.warnings()],
      nodes,
      alerts,
      modems,
      deviations: found,
    },
    parts: () => [
      [
        head,
        ...wayOut(context),
        ...silenced(context),
        coordinator,
        ...[...reasons, ...context.warnings()].map((reason) => `! ${reason}`),
      ].join('\n'),
      nodesTable(nodes),
      ...(modems.length > 0 ? [modemsTable(modems)] : []),
      ...(alerts.length > 0 ? [alertsTable(alerts)] : []),
      ...(found.length > 0 ? [found.map(({ message }) => `! ${message}`).join('\n')] : []),
    ],
    next: nextOf(alerts.length, found.length),
  }
}

/** What is not believed yet is told apart. */
const alertCount = (alerts: readonly AlertView[]): string => {
  const pending = alerts.filter(({ state }) => state === 'pending').length
  return `${count(alerts.length - pending, 'alert')}${pending > 0 ? ` (and ${pending} pending)` : ''}`
}

/** Where traffic goes, and what somebody wants of it: a hold that is forgotten keeps a house on a dead line. */
const wayOut = (context: HttpContext): string[] => {
  const wan = wanView(context)
  if (wan.router === null) return []
  const out = `out by ${wan.active ?? 'nothing of ours'}, decided by the ${wan.holder}`
  return [wan.heard ? out : unheard(wan.router), ...wishLines(wan)]
}

const silenced = ({ world, now }: HttpContext): string[] =>
  Object.values(world.silences)
    .filter(({ until }) => now().wall < until)
    .map(
      ({ code, node, by, reason, until }) =>
        `silenced by ${by}: ${code ?? 'any alert'} of ${node ?? 'any node'}, ${reason} (until ${rfc3339(until)})`,
    )

const count = (n: number, thing: string): string => `${n} ${thing}${n === 1 ? '' : 's'}`

const nextOf = (alerts: number, deviations: number): string => {
  if (alerts > 0) return 'curl …/api/v1/alerts, then …/api/v1/events/ID/explain says why'
  if (deviations > 0) return 'curl …/api/v1/topology shows the plan beside what is'
  return 'curl …/api/v1/links, …/api/v1/nodes/NAME, …/api/v1/events'
}
