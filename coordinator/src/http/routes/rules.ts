import { formatProblem } from '@infra-home/shared/problem.ts'
import { show } from '../plugins/show.ts'
import { Problem } from '../problem.ts'
import { listOf } from '../schemas/parts.ts'
import { RulesReloaded, RuleView } from '../schemas/rules.ts'
import { rulesTable, ruleViews } from '../views/rules.ts'
import { page, PageQuery } from './page.ts'
import { API, type Routes } from './route.ts'

/** What alerts are made by. */
export const ruleRoutes: Routes = (app, tools) => {
  list(app, tools)
  reload(app, tools)
}

const list: Routes = (app, { context }) => {
  const schema = { summary: 'Rules that are in force', tags: ['alerts'], querystring: PageQuery }
  const config = { scope: 'read', shows: listOf(RuleView) } as const
  app.get(`${API}/rules`, { config, schema }, async (request, reply) => {
    const all = page(ruleViews(context.rules, context.world), ({ code }) => code, request.query)
    return show(request, reply, {
      json: all,
      version: JSON.stringify(all),
      parts: () => [rulesTable(all.items)],
      next: `curl …${API}/alerts`,
    })
  })
}

const reload: Routes = (app, { context }) => {
  const schema = {
    summary: 'Read the file of the owner’s rules again: all of it comes into force, or the old rules stay',
    tags: ['alerts'],
  }
  const problems = ['conflict', 'rules-refused'] as const
  const config = { scope: 'admin', shows: RulesReloaded, problems } as const
  app.post(`${API}/rules/reload`, { config, schema }, async (request, reply) => {
    const { ruleBook, world } = context
    if (!ruleBook?.file) throw new Problem('conflict', 'the configuration names no rulesFile')
    const { problems: found, isChanged } = await ruleBook.reload(request.owner)
    if (found.length > 0)
      throw new Problem(
        'rules-refused',
        found.map(formatProblem).join('; '),
        found.map((problem) => ({ path: problem.path || '/', message: formatProblem(problem) })),
      )
    const owned = world.ownRules?.rules.length ?? 0
    return show(request, reply, {
      json: { changed: isChanged, owned },
      parts: () => [`${owned} rules of yours are in force${isChanged ? '' : ', as before'}`],
      next: `curl …${API}/rules`,
    })
  })
}
