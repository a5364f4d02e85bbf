import type { App } from '../routes/route.ts'

/** A change that needs no words may come without any, whatever its content type says: people send one header with everything. */
export const emptyBody = (app: App): void => {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) =>
    body === '' ? done(null, undefined) : parse(request, String(body), done),
  )
}
