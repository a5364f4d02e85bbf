import * as Type from 'typebox'
import { seconds } from '@infra-home/shared/clock.ts'
import { Name } from '@infra-home/shared/names.ts'
import { literals } from '@infra-home/shared/messages/literals.ts'
import { COORDINATOR_NAME } from '../../trust/server-certificate.ts'
import { show } from '../plugins/show.ts'
import { Problem } from '../problem.ts'
import { EnrolmentView, OpenedEnrolment } from '../schemas/identities.ts'
import { listOf } from '../schemas/parts.ts'
import { enrolmentsTable } from '../views/identities.ts'
import { page, PageQuery } from './page.ts'
import { API, type Routes } from './route.ts'

const USUAL_SECONDS = 3600
const LONGEST_SECONDS = 7 * 86_400

const NewEnrolment = Type.Object(
  {
    node: Name,
    role: Type.Optional(literals('node', 'reader', 'broker')),
    expiresInSeconds: Type.Optional(Type.Integer({ minimum: 1, maximum: LONGEST_SECONDS })),
  },
  { additionalProperties: false },
)

const EnrolmentParams = Type.Object({ id: Type.String({ minLength: 1, maxLength: 64 }) })

export const enrolmentRoutes: Routes = (app, tools) => {
  list(app, tools)
  open(app, tools)
  withdraw(app, tools)
}

const list: Routes = (app, { context: { desk } }) => {
  const schema = { summary: 'Who may enrol, and who did', tags: ['identities'], querystring: PageQuery }
  const config = { scope: 'admin', shows: listOf(EnrolmentView) } as const
  app.get(`${API}/enrolments`, { config, schema }, async (request, reply) => {
    const found = page(desk.enrolments(), ({ id }) => id, request.query)
    return show(request, reply, {
      json: found,
      version: JSON.stringify(found),
      parts: () => [found.items.length === 0 ? 'nobody is expected' : enrolmentsTable(found.items)],
      next: 'curl …/api/v1/identities',
    })
  })
}

const open: Routes = (app, { context: { desk } }) => {
  const schema = {
    summary: 'Let a device enrol, once: the answer has the line to paste on it',
    tags: ['identities'],
    body: NewEnrolment,
  }
  const config = { scope: 'admin', shows: OpenedEnrolment, status: 201 } as const
  app.post(`${API}/enrolments`, { config, schema }, async (request, reply) => {
    const { node, role = 'node', expiresInSeconds = USUAL_SECONDS } = request.body
    if (node === COORDINATOR_NAME)
      throw new Problem('invalid-input', `${node} is the coordinator's own name`, [
        { path: 'body/node', message: 'must be another name' },
      ])
    const wanted = { node, role, by: request.owner, lasts: seconds(expiresInSeconds) }
    const { enrolment, ...opened } = await desk.open(wanted, request.hostname)
    const { id, expiresAt } = enrolment
    void reply.code(201).header('location', `${API}/enrolments/${id}`)
    return show(request, reply, {
      json: { id, node, role, expiresAt, ...opened },
      parts: () => [
        `${node} may enrol until ${expiresAt.slice(0, 16).replace('T', ' ')} UTC, once. To paste on it:`,
        { verbatim: opened.lines.pi },
        ...opened.warnings.map((warning) => `! ${warning}`),
      ],
      next: 'curl …/api/v1/identities',
    })
  })
}

const withdraw: Routes = (app, { context: { desk } }) => {
  const schema = { summary: 'Take an enrolment back', tags: ['identities'], params: EnrolmentParams }
  const config = { scope: 'admin', status: 204 } as const
  app.delete(`${API}/enrolments/:id`, { config, schema }, async (request, reply) => {
    const { id } = request.params
    if (!(await desk.withdraw(id, request.owner)))
      throw new Problem('not-found', `there is no enrolment ${id}`)
    return reply.code(204).send()
  })
}
