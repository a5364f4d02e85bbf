import type { FastifyRequest } from 'fastify'
import * as Type from 'typebox'
import { rfc3339, wallMs } from '@infra-home/shared/clock.ts'
import { NAME_PATTERN } from '@infra-home/shared/names.ts'
import { newIds } from '../../new-ids.ts'
import type { HttpContext, Scope } from '../context.ts'
import { formOf } from '../plugins/accept.ts'
import { formHeaders, render, show } from '../plugins/show.ts'
import { Problem } from '../problem.ts'
import { listOf } from '../schemas/parts.ts'
import { CreatedToken, ScopeName, SCOPES, TokenView } from '../schemas/tokens.ts'
import { tokensTable, tokenView } from '../views/tokens.ts'
import { page, PageQuery } from './page.ts'
import { API, type Routes } from './route.ts'

const LONGEST_SECONDS = 5 * 366 * 86_400

const TokenParams = Type.Object({ id: Type.String({ minLength: 1, maxLength: 64 }) })

const NewToken = Type.Object(
  {
    name: Type.String({
      pattern: NAME_PATTERN,
      maxLength: 63,
      description: 'what its changes stand under in the journal',
    }),
    scopes: Type.Array(ScopeName, { minItems: 1, maxItems: SCOPES.length }),
    expiresInSeconds: Type.Optional(Type.Integer({ minimum: 1, maximum: LONGEST_SECONDS })),
  },
  { additionalProperties: false },
)

export const tokenRoutes: Routes = (app, tools) => {
  list(app, tools)
  create(app, tools)
  revoke(app, tools)
}

const list: Routes = (app, { context: { tokens } }) => {
  const schema = { summary: 'API tokens: what is known of them', tags: ['tokens'], querystring: PageQuery }
  const config = { scope: 'admin', shows: listOf(TokenView) } as const
  app.get(`${API}/tokens`, { config, schema }, async (request, reply) => {
    const views = tokens.list().map((record) => tokenView(tokens, record))
    const all = page(views, ({ id }) => id, request.query)
    return show(request, reply, {
      json: all,
      version: JSON.stringify(all),
      parts: () => [
        all.items.length === 0 ? 'there is no token but the administrator’s' : tokensTable(all.items),
      ],
    })
  })
}

const create: Routes = (app, { context }) => {
  const newId = newIds()
  const schema = {
    summary: 'Make an API token: it is shown in this answer and never again; every token may read',
    tags: ['tokens'],
    body: NewToken,
  }
  const config = { scope: 'admin', shows: CreatedToken, status: 201 } as const
  app.post(`${API}/tokens`, { config, schema }, async (request, reply) => {
    const { name, scopes, expiresInSeconds } = request.body
    mayGive(request, scopes)
    mayBeCalled(context, name)
    const { wall } = context.now()
    const id = newId(wall)
    const expiresAt = expiresInSeconds === undefined ? null : rfc3339(wallMs(wall + expiresInSeconds * 1000))
    const by = request.owner
    await context.ask({ request: 'create-token', token: id, name, scopes, expiresAt, by })
    const { record, token } = context.tokens.create({ id, name, scopes, expiresAt, by })
    const view = tokenView(context.tokens, record)
    const form = formOf(request)
    formHeaders(reply, form)
    const shown = {
      json: { ...view, token },
      parts: () => [tokensTable([view]), `The token, which is shown this once:\n${token}`],
    }
    return reply
      .code(201)
      .header('location', `${API}/tokens/${id}`)
      .header('cache-control', 'no-store')
      .send(render(form, shown))
  })
}

const revoke: Routes = (app, { context }) => {
  const schema = {
    summary: 'Revoke an API token, at once and for ever',
    tags: ['tokens'],
    params: TokenParams,
  }
  const config = { scope: 'admin', status: 204 } as const
  app.delete(`${API}/tokens/:id`, { config, schema }, async (request, reply) => {
    const { id } = request.params
    const known = context.tokens.list().find((token) => token.id === id)
    if (!known) throw new Problem('not-found', `there is no token ${id}`)
    if (context.tokens.revoke(id, request.owner))
      await context.ask({ request: 'revoke-token', token: id, name: known.name, by: request.owner })
    return reply.code(204).send()
  })
}

/** Nobody gives what they have not. @throws Problem forbidden */
const mayGive = ({ scopes: own }: Pick<FastifyRequest, 'scopes'>, scopes: readonly Scope[]): void => {
  const more = scopes.filter((scope) => !own?.includes(scope))
  if (more.length > 0) throw new Problem('forbidden', `your token has no scope ${more.join(', ')} to give`)
}

const NAME_FAULTS = {
  taken: 'was the name of a token before: the journal would not tell them apart',
  reserved: 'stands for somebody else in the journal',
  'too-many': 'is one too many: there are as many tokens as there may be',
} as const

/** @throws Problem invalid-input */
const mayBeCalled = ({ tokens }: Pick<HttpContext, 'tokens'>, name: string): void => {
  const fault = tokens.faultOf(name)
  if (fault)
    throw new Problem('invalid-input', `${name} ${NAME_FAULTS[fault]}`, [
      { path: 'body/name', message: NAME_FAULTS[fault] },
    ])
}
