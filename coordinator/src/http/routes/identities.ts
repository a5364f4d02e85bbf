import { show } from '../plugins/show.ts'
import { IdentityView } from '../schemas/identities.ts'
import { listOf } from '../schemas/parts.ts'
import { identitiesTable, identityView } from '../views/identities.ts'
import { page, PageQuery } from './page.ts'
import { API, type Routes } from './route.ts'

export const identityRoutes: Routes = (app, { context }) => {
  const schema = {
    summary: 'Who has a certificate, and until when',
    tags: ['identities'],
    querystring: PageQuery,
  }
  const config = { scope: 'read', shows: listOf(IdentityView) } as const
  app.get(`${API}/identities`, { config, schema }, async (request, reply) => {
    const identities = context.desk.identities()
    const views = identities.map((one) => identityView(one, context.now()))
    const found = page(views, ({ name }) => name, request.query)
    return show(request, reply, {
      json: found,
      version: JSON.stringify(identities),
      parts: () => [found.items.length === 0 ? 'nobody is enrolled yet' : identitiesTable(found.items)],
      next: 'curl …/api/v1/nodes',
    })
  })
}
