import { Problem } from '../problem.ts'
import type { App } from '../routes/route.ts'

/** A key that its route does not know is refused on every route: who mistypes a filter is not given everything. */
export const knownQuery = (app: App): void => {
  app.addHook('preValidation', (request, _reply, done) => {
    done(request.is404 ? undefined : unknownIn(request.query, request.routeOptions.schema?.querystring))
  })
}

/** The problem with the first key of `query` that `schema` does not name, if there is one. */
export const unknownIn = (query: unknown, schema: unknown): Problem | undefined => {
  const { properties = {} } = (schema ?? {}) as { readonly properties?: object }
  for (const key in query as object) {
    if (Object.hasOwn(properties, key)) continue
    const known = Object.keys(properties)
    const message = known.length > 0 ? `is none of ${known.join(', ')}` : 'is unknown: it takes none'
    const name = key.slice(0, 64)
    return new Problem('invalid-input', `query key ${name} ${message}`, [
      { path: `querystring/${name}`, message },
    ])
  }
  return undefined
}
