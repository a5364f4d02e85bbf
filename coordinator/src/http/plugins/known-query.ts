import { Problem } from '../problem.ts'
import type { App } from '../routes/route.ts'

/** A key that its route does not know is refused on every route: who mistypes a filter is not given everything. */
export const knownQuery = (app: App): void => {
  app.addHook('preValidation', (request, _reply, done) => {
    const unknown = request.is404 ? undefined : unknownIn(request.query, request.routeOptions.schema)
    done(unknown)
  })
}

const unknownIn = (query: unknown, schema: { readonly querystring?: unknown } | undefined) => {
  const { properties = {} } = (schema?.querystring ?? {}) as { readonly properties?: object }
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
