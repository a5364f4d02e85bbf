import * as Type from 'typebox'
import { PUBLIC_KEY_PATTERN } from '@infra-home/shared/seal/signature.ts'
import type { KeyOffice, SigningKeyView as View } from '../../trust/key-office.ts'
import { formOf } from '../plugins/accept.ts'
import { formHeaders, render, show } from '../plugins/show.ts'
import { Problem } from '../problem.ts'
import { listOf } from '../schemas/parts.ts'
import { SigningKeyView } from '../schemas/signing-keys.ts'
import type { Table } from '../table/table.ts'
import { page, PageQuery } from './page.ts'
import { API, type Routes } from './route.ts'

/** The keys that commands are signed with: seen by everybody, changed by the administrator. */
export const signingKeyRoutes: Routes = (app, tools) => {
  list(app, tools)
  prepare(app, tools)
  retire(app, tools)
}

const list: Routes = (app, { context: { keyOffice } }) => {
  const schema = {
    summary: 'Keys that the coordinator signs with',
    tags: ['signing-keys'],
    querystring: PageQuery,
  }
  const config = { scope: 'read', shows: listOf(SigningKeyView) } as const
  app.get(`${API}/signing-keys`, { config, schema }, async (request, reply) => {
    const all = page(keyOffice.list(), ({ key }) => key, request.query)
    return show(request, reply, {
      json: all,
      version: JSON.stringify(all),
      parts: () => [keysTable(all.items), nextStep(keyOffice)],
    })
  })
}

const prepare: Routes = (app, { context: { keyOffice } }) => {
  const schema = {
    summary: 'Make the next signing key: nodes trust it from now on, beside the one that signs',
    tags: ['signing-keys'],
  }
  const config = { scope: 'admin', shows: SigningKeyView, status: 201, problems: ['conflict'] } as const
  app.post(`${API}/signing-keys`, { config, schema }, async (request, reply) => {
    const key = await keyOffice.prepare(request.owner)
    const view = keyOffice.list().find((one) => one.key === key)
    if (!view) throw new Problem('conflict', 'the next key is made already: retire the one that signs first')
    const form = formOf(request)
    formHeaders(reply, form)
    return reply
      .code(201)
      .header('location', `${API}/signing-keys`)
      .send(render(form, { json: view, parts: () => [keysTable([view]), nextStep(keyOffice)] }))
  })
}

const retire: Routes = (app, { context: { keyOffice } }) => {
  const schema = {
    summary: 'Retire the key that signs: the next one takes over, and the old one counts no more',
    tags: ['signing-keys'],
    params: Type.Object({ key: Type.String({ pattern: PUBLIC_KEY_PATTERN }) }),
  }
  const config = { scope: 'admin', status: 204, problems: ['conflict'] } as const
  app.delete(`${API}/signing-keys/:key`, { config, schema }, async (request, reply) => {
    const { key } = request.params
    const known = keyOffice.list().find((one) => one.key === key)
    if (!known) throw new Problem('not-found', `there is no signing key ${key}`)
    if (known.state === 'prepared')
      throw new Problem(
        'conflict',
        `${key} does not sign yet: it takes over when the one that signs is retired`,
      )
    if (known.state === 'signs' && (await keyOffice.retire(request.owner)) === null)
      throw new Problem(
        'conflict',
        'make the next key first (POST), and give every node the time to hear of it',
      )
    return reply.code(204).send()
  })
}

const keysTable = (views: readonly View[]): Table => ({
  head: ['KEY', 'STATE', 'SINCE'],
  rows: views.map(({ key, state, since }) => [key, state, since?.slice(0, 10) ?? '-']),
  whole: [0],
})

const nextStep = (keyOffice: KeyOffice): string =>
  keyOffice.list().some(({ state }) => state === 'prepared')
    ? 'Nodes trust both keys now. When every node has been online since, retire the one that signs (DELETE).'
    : 'To change the key: POST here, wait until every node has been online, DELETE the old one.'
