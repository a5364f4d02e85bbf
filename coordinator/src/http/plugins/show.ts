import type { FastifyReply, FastifyRequest } from 'fastify'
import { clean } from '../table/clean.ts'
import { formatTable, type Table } from '../table/table.ts'
import { wrap } from '../table/wrap.ts'
import { type Form, formOf } from './accept.ts'
import { etagOf, hasAlready } from './version.ts'

/** What somebody copies: no line of it is broken. */
export type Verbatim = { readonly verbatim: string }

/** One resource in all its forms. */
export type Shown = {
  readonly json: unknown
  /** What a person gets: tables and lines, blank lines between. */
  readonly parts: () => readonly (Table | string | Verbatim)[]
  /** What to run next, as a last line. */
  readonly next?: string
  /** Changes when the resource does, and not with its age; without it there is no ETag. */
  readonly version?: string | number
}

const TYPES: Record<Form, string> = {
  text: 'text/plain; charset=utf-8',
  json: 'application/json; charset=utf-8',
  html: 'text/html; charset=utf-8',
}

/** Answers with the resource in the form that was asked for; 304 when the client has its version. */
export const show = (request: FastifyRequest, reply: FastifyReply, shown: Shown): FastifyReply => {
  const form = formOf(request)
  formHeaders(reply, form)
  if (shown.version !== undefined) {
    const etag = etagOf(form, shown.version)
    void reply.header('etag', etag)
    if (hasAlready(request, etag)) return reply.code(304).send()
  }
  return reply.send(render(form, shown))
}

/** What every form of a resource says of itself. */
export const formHeaders = (reply: FastifyReply, form: Form): void => {
  void reply.header('vary', 'Accept').header('cache-control', 'no-cache').type(TYPES[form])
  if (form === 'html') void reply.header('content-security-policy', "default-src 'none'")
}

export const render = (form: Form, shown: Shown): string => {
  if (form === 'json') return `${JSON.stringify(shown.json)}\n`
  const text = asText(shown)
  return form === 'text' ? text : page(text)
}

const asText = ({ parts, next }: Shown): string => {
  const blocks = parts().map((part) => {
    if (typeof part === 'string') return wrap(part)
    return 'verbatim' in part ? clean(part.verbatim) : formatTable(part)
  })
  return `${[...blocks, ...(next ? [`next: ${next}`] : [])].join('\n\n')}\n`
}

const page = (text: string): string =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><title>Infra Home</title><pre>${escapeHtml(text)}</pre></html>\n`

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
