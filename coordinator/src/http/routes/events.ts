import * as Type from 'typebox'
import { isUlid } from '@infra-home/shared/ulid.ts'
import type { EntryKind } from '../../world/input.ts'
import { Problem } from '../problem.ts'
import { show } from '../plugins/show.ts'
import { clean } from '../table/table.ts'
import { entriesTable, entryView } from '../views/entries.ts'
import { explain, explanationLines } from '../views/explain.ts'
import { decodeCursor, encodeCursor } from './page.ts'
import { API, type Routes } from './route.ts'

const USUAL = 50

export const KINDS: readonly EntryKind[] = [
  'message',
  'numbers',
  'tick',
  'request',
  'decision',
  'step-started',
  'step-finished',
  'system',
]

export const EventFilter = Type.Object({
  kind: Type.Optional(
    Type.String({ description: `one or more of ${KINDS.join(', ')}, with commas between` }),
  ),
  node: Type.Optional(Type.String({ maxLength: 63 })),
})

const EventsQuery = Type.Interface([EventFilter], {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
  after: Type.Optional(Type.String({ maxLength: 64, description: 'the cursor of the page before' })),
})

const EventParams = Type.Object({ id: Type.String({ maxLength: 64 }) })

/** @throws Problem invalid-input */
export const kindsIn = (text: string | undefined): EntryKind[] | undefined => {
  const kinds = text?.split(',').filter((kind) => kind !== '')
  const wrong = kinds?.find((kind) => !KINDS.some((known) => known === kind))
  if (wrong !== undefined)
    throw new Problem('invalid-input', `there is no kind ${wrong}`, [
      { path: 'querystring/kind', message: `is one of ${KINDS.join(', ')}` },
    ])
  return kinds as EntryKind[] | undefined
}

export const eventRoutes: Routes = (app, { context }) => {
  const listSchema = { summary: 'The journal, newest first', tags: ['events'], querystring: EventsQuery }
  app.get(`${API}/events`, { config: { scope: 'read' }, schema: listSchema }, async (request, reply) => {
    const { limit = USUAL, after, node, kind } = request.query
    const kinds = kindsIn(kind)
    const before = after === undefined ? undefined : Number(decodeCursor(after))
    if (before !== undefined && !Number.isSafeInteger(before))
      throw new Problem('invalid-input', 'that cursor is not one of ours')
    const found = await context.store.entries({
      limit,
      newestFirst: true,
      ...(before === undefined ? {} : { before }),
      ...(kinds ? { kinds } : {}),
      ...(node ? { node } : {}),
    })
    const items = found.map(entryView)
    const last = items.at(-1)
    return show(request, reply, {
      json: { items, next: last && items.length === limit ? encodeCursor(String(last.pos)) : null },
      parts: () => [items.length === 0 ? 'nothing of that kind has happened' : entriesTable(items)],
      next: 'curl …/api/v1/events/ID/explain',
    })
  })

  const oneSchema = { summary: 'One entry of the journal', tags: ['events'], params: EventParams }
  app.get(`${API}/events/:id`, { config: { scope: 'read' }, schema: oneSchema }, async (request, reply) => {
    const { id } = request.params
    const entry = isUlid(id) ? await context.store.entry(id) : null
    if (!entry)
      throw new Problem('not-found', `there is no entry ${id}; an entry reaches the journal within a second`)
    const view = entryView(entry)
    return show(request, reply, {
      json: view,
      version: view.id,
      parts: () => [entriesTable([view]), clean(JSON.stringify(view.body))],
      next: `curl …/api/v1/events/${view.id}/explain`,
    })
  })

  const explainSchema = {
    summary: 'Why: the causal chain of an entry, both ways',
    tags: ['events'],
    params: EventParams,
  }
  app.get(
    `${API}/events/:id/explain`,
    { config: { scope: 'read' }, schema: explainSchema },
    async (request, reply) => {
      const { id } = request.params
      const explanation = isUlid(id) ? await explain(context.store, id) : null
      if (!explanation)
        throw new Problem(
          'not-found',
          `there is no entry ${id}; an entry reaches the journal within a second`,
        )
      const lines = explanationLines(explanation).split('\n').map(clean).join('\n')
      return show(request, reply, {
        json: explanation,
        parts: () => [lines],
        next: 'curl …/api/v1/events/ID for all of one entry',
      })
    },
  )
}
