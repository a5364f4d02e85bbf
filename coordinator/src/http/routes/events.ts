import * as Type from 'typebox'
import { isUlid } from '@infra-home/shared/ulid.ts'
import { KINDS, kindsIn } from '../kinds.ts'
import { show } from '../plugins/show.ts'
import { Problem } from '../problem.ts'
import { EntrySchema, ExplanationSchema } from '../schemas/events.ts'
import { listOf } from '../schemas/parts.ts'
import { entriesTable, entryView } from '../views/entries.ts'
import { explain } from '../views/explain.ts'
import { explanationParts } from '../views/explain-table.ts'
import { encodeCursor, positionIn } from './page.ts'
import { API, type Routes } from './route.ts'

const USUAL = 50

export const EventFilter = Type.Object({
  kind: Type.Optional(
    Type.String({
      maxLength: 256,
      description: `one or more of ${KINDS.join(', ')}, with commas between`,
    }),
  ),
  node: Type.Optional(Type.String({ maxLength: 63 })),
})

const EventsQuery = Type.Interface([EventFilter], {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
  after: Type.Optional(Type.String({ maxLength: 64, description: 'the cursor (`next`) of the page before' })),
})

const EventParams = Type.Object({ id: Type.String({ minLength: 1, maxLength: 64 }) })

export const eventRoutes: Routes = (app, tools) => {
  list(app, tools)
  one(app, tools)
  why(app, tools)
}

const list: Routes = (app, { journal }) => {
  const schema = {
    summary: 'The journal, newest first; numbers only when they are asked for',
    tags: ['events'],
    querystring: EventsQuery,
  }
  const config = { scope: 'read', shows: listOf(EntrySchema) } as const
  app.get(`${API}/events`, { config, schema }, async (request, reply) => {
    const { limit = USUAL, after, node, kind } = request.query
    const kinds = kindsIn(kind)
    const found = await journal.entries({
      limit,
      newestFirst: true,
      ...(after === undefined ? {} : { before: positionIn(after) }),
      ...(kinds ? { kinds } : {}),
      ...(node ? { node } : {}),
    })
    const items = found.map(entryView)
    const last = items.at(-1)
    return show(request, reply, {
      json: { items, next: last && items.length === limit ? encodeCursor(String(last.pos)) : null },
      version: items.map(({ id }) => id).join(),
      parts: () => [items.length === 0 ? 'nothing of that kind has happened' : entriesTable(items)],
      next: 'curl …/api/v1/events/ID/explain',
    })
  })
}

const one: Routes = (app, { journal }) => {
  const schema = { summary: 'One entry of the journal', tags: ['events'], params: EventParams }
  const config = { scope: 'read', shows: EntrySchema } as const
  app.get(`${API}/events/:id`, { config, schema }, async (request, reply) => {
    const { id } = request.params
    const entry = isUlid(id) ? await journal.entry(id) : null
    if (!entry) throw noEntry(id)
    const view = entryView(entry)
    return show(request, reply, {
      json: view,
      version: view.id,
      parts: () => [entriesTable([view]), JSON.stringify(view.body, null, 2)],
      next: `curl …/api/v1/events/${view.id}/explain`,
    })
  })
}

const why: Routes = (app, { journal }) => {
  const schema = {
    summary: 'Why: the causal chain of an entry or an alert, both ways',
    tags: ['events'],
    params: EventParams,
  }
  const config = { scope: 'read', shows: ExplanationSchema } as const
  app.get(`${API}/events/:id/explain`, { config, schema }, async (request, reply) => {
    const { id } = request.params
    const explanation = isUlid(id) ? await explain(journal, id) : null
    if (!explanation) throw noEntry(id)
    return show(request, reply, {
      json: explanation,
      version: JSON.stringify(explanation),
      parts: () => explanationParts(explanation),
      next: 'curl …/api/v1/events/ID for all of one entry',
    })
  })
}

const noEntry = (id: string): Problem => new Problem('not-found', `there is no entry ${id} (any more)`)
