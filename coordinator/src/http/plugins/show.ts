import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { formatTable, type Table } from '../table/table.ts'

/** One resource in all its forms. */
export type Shown = {
  readonly json: unknown
  /** What a person gets: tables and lines, blank lines between. */
  readonly parts: () => readonly (Table | string)[]
  /** What to run next, as a last line. */
  readonly next?: string
  /** Changes when the resource does, and not with its age; without it there is no ETag. */
  readonly version?: string | number
}

export type Form = 'text' | 'json' | 'html'

/** What the client wants: curl's star gets the table, a browser the page. */
export const formOf = (request: Pick<FastifyRequest, 'headers'>): Form => {
  const accept = request.headers.accept ?? '*/*'
  const offers = [
    ['application/json', 'json'],
    ['text/html', 'html'],
    ['text/plain', 'text'],
    ['*/*', 'text'],
  ] as const
  const found = offers.map(([type, form]) => ({ form, at: accept.indexOf(type) })).filter(({ at }) => at >= 0)
  return found.sort((a, b) => a.at - b.at)[0]?.form ?? 'json'
}

const TYPES: Record<Form, string> = {
  text: 'text/plain; charset=utf-8',
  json: 'application/json; charset=utf-8',
  html: 'text/html; charset=utf-8',
}

/** Answers with the resource in the form that was asked for; 304 when the client has its version. */
export const show = (request: FastifyRequest, reply: FastifyReply, shown: Shown): FastifyReply => {
  const form = formOf(request)
  void reply.header('vary', 'Accept').type(TYPES[form])
  if (shown.version !== undefined) {
    const etag = etagOf(form, shown.version)
    void reply.header('etag', etag).header('cache-control', 'no-cache')
    if (request.headers['if-none-match'] === etag) return reply.code(304).send()
  }
  return reply.send(render(form, shown))
}

export const etagOf = (form: Form, version: string | number): string =>
  `"${form}-${createHash('sha256').update(String(version)).digest('base64url').slice(0, 16)}"`

export const typeOf = (form: Form): string => TYPES[form]

export const render = (form: Form, shown: Shown): string => {
  if (form === 'json') return `${JSON.stringify(shown.json)}\n`
  const text = asText(shown)
  return form === 'text' ? text : page(text)
}

const asText = ({ parts, next }: Shown): string => {
  const blocks = parts().map((part) => (typeof part === 'string' ? part : formatTable(part)))
  return `${[...blocks, ...(next ? [`next: ${next}`] : [])].join('\n\n')}\n`
}

const page = (text: string): string =>
  `<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Infra Home</title><pre>${escapeHtml(text)}</pre>\n`

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
