import { createHash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { Problem } from '../problem.ts'
import type { Form } from './accept.ts'

type Asked = Pick<FastifyRequest, 'headers'>

/** The name of one version of one form of a resource. */
export const etagOf = (form: Form, version: string | number): string =>
  `"${form}-${createHash('sha256').update(String(version)).digest('base64url').slice(0, 16)}"`

/** True when the client says (If-None-Match) that it has this very version. */
export const hasAlready = ({ headers }: Asked, etag: string): boolean => {
  const has = headers['if-none-match']
  return has !== undefined && names(has, etag)
}

/**
 * If-Match, where it is sent: in whatever form the client has read the resource.
 * @throws Problem precondition-failed
 */
export const mustBe = ({ headers }: Asked, version: string | number): void => {
  const wanted = headers['if-match']
  if (wanted === undefined) return
  const forms: readonly Form[] = ['text', 'json', 'html']
  if (!forms.some((form) => names(wanted, etagOf(form, version))))
    throw new Problem('precondition-failed', 'it has changed since it was read')
}

const names = (list: string, etag: string): boolean =>
  list === etag ||
  list.split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === etag)
