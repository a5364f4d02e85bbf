import type { FastifyRequest } from 'fastify'

export type Form = 'text' | 'json' | 'html'

/** In the order in which they are preferred when the client does not care. */
const OFFERS: readonly (readonly [Form, string])[] = [
  ['text', 'text/plain'],
  ['json', 'application/json'],
  ['html', 'text/html'],
]

export const MEDIA_TYPES = OFFERS.map(([, type]) => type)

/** What the client wants (RFC 9110 §12.5.1): curl's star gets the table, a browser the page; who wants none of these gets JSON. */
export const formOf = ({ headers }: Pick<FastifyRequest, 'headers'>): Form => {
  const accept = headers.accept
  if (accept === undefined || accept === '*/*') return 'text'
  const ranges = accept.split(',').map(rangeIn)
  const wanted = OFFERS.map(([form, type]) => ({ form, ...bestOf(ranges, type) }))
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality || b.precision - a.precision || a.at - b.at)
  return wanted[0]?.form ?? 'json'
}

type Range = { readonly type: string; readonly quality: number; readonly at: number }

const rangeIn = (text: string, at: number): Range => {
  const [type = '', ...params] = text.split(';').map((part) => part.trim().toLowerCase())
  const q = Number(params.find((param) => param.startsWith('q='))?.slice(2) ?? 1)
  return { type, quality: Number.isFinite(q) ? q : 0, at }
}

/** The most precise range that covers `type` says how much it is wanted. */
const bestOf = (ranges: readonly Range[], type: string) => {
  const patterns = [type, `${type.split('/')[0]}/*`, '*/*']
  for (const [i, pattern] of patterns.entries()) {
    const range = ranges.find((one) => one.type === pattern)
    if (range) return { quality: range.quality, precision: patterns.length - i, at: range.at }
  }
  return { quality: 0, precision: 0, at: 0 }
}
