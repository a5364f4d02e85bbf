import * as Type from 'typebox'
import { Problem } from '../problem.ts'

export const PageQuery = Type.Object({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
  after: Type.Optional(Type.String({ maxLength: 256 })),
})
type Asked = { readonly limit?: number | undefined; readonly after?: string | undefined }

export type Page<T> = { readonly items: readonly T[]; readonly next: string | null }

const USUAL = 1000

/** Opaque: what stands in it may change from one release to the next. */
export const encodeCursor = (key: string): string => Buffer.from(key).toString('base64url')

/** @throws Problem invalid-input */
export const decodeCursor = (cursor: string): string => {
  const key = Buffer.from(cursor, 'base64url').toString('utf8')
  if (encodeCursor(key) !== cursor)
    throw new Problem('invalid-input', 'that cursor is not one of ours', [
      { path: 'querystring/after', message: 'is no cursor' },
    ])
  return key
}

/** The page of `items` that begins behind the cursor; items keep their order, and are found again by their key. */
export const page = <T>(items: readonly T[], keyOf: (item: T) => string, query: Asked): Page<T> => {
  const limit = query.limit ?? USUAL
  const behind = query.after === undefined ? null : decodeCursor(query.after)
  const start = behind === null ? 0 : items.findIndex((item) => keyOf(item) === behind) + 1
  const part = items.slice(start, start + limit)
  const last = part.at(-1)
  return { items: part, next: last && start + limit < items.length ? encodeCursor(keyOf(last)) : null }
}
