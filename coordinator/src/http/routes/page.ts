import * as Type from 'typebox'
import { Problem } from '../problem.ts'

export const PageQuery = Type.Object({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
  after: Type.Optional(
    Type.String({ maxLength: 600, description: 'the cursor (`next`) of the page before' }),
  ),
})
type Asked = { readonly limit?: number | undefined; readonly after?: string | undefined }

export type Page<T> = { readonly items: readonly T[]; readonly next: string | null }

const USUAL = 1000

/** Opaque: what stands in it may change from one release to the next. */
export const encodeCursor = (key: string): string => Buffer.from(key).toString('base64url')

/** @throws Problem invalid-input */
export const decodeCursor = (cursor: string): string => {
  const key = Buffer.from(cursor, 'base64url').toString('utf8')
  if (encodeCursor(key) !== cursor) throw notOurs()
  return key
}

/** A position of the journal, as a cursor has it. @throws Problem invalid-input */
export const positionIn = (cursor: string): number => {
  const position = Number(decodeCursor(cursor) || Number.NaN)
  if (!Number.isSafeInteger(position)) throw notOurs()
  return position
}

export const notOurs = (): Problem =>
  new Problem('invalid-input', 'that cursor is not one of ours', [
    { path: 'querystring/after', message: 'is no cursor' },
  ])

/**
 * The page of `items` that begins behind the cursor. The last item is found again by its key, and by its place when it
 * is gone: nobody is sent back to the beginning.
 * @throws Problem invalid-input
 */
export const page = <T>(items: readonly T[], keyOf: (item: T) => string, query: Asked): Page<T> => {
  const limit = query.limit ?? USUAL
  const start = query.after === undefined ? 0 : startBehind(items, keyOf, query.after)
  const end = start + limit
  const last = items[end - 1]
  const next = last && end < items.length ? encodeCursor(`${end} ${keyOf(last)}`) : null
  return { items: items.slice(start, end), next }
}

const startBehind = <T>(items: readonly T[], keyOf: (item: T) => string, cursor: string): number => {
  const [, place, key] = /^(\d{1,9}) (.*)$/s.exec(decodeCursor(cursor)) ?? []
  if (key === undefined) throw notOurs()
  const found = items.findIndex((item) => keyOf(item) === key)
  return found >= 0 ? found + 1 : Math.max(0, Number(place) - 1)
}
