import { open } from 'node:fs/promises'
import * as Type from 'typebox'
import { COPIES_PATH } from '../../jobs/backups.ts'
import { byteRange } from '../byte-range.ts'
import { Problem } from '../problem.ts'
import type { Routes } from './route.ts'

const CopyParams = Type.Object({ capability: Type.String({ minLength: 1, maxLength: 64 }) })

/** The encrypted copy, for the nodes that were told where it lies: the address is what entitles to it. */
export const copyRoutes: Routes = (app, { context }) => {
  const schema = {
    summary: 'The encrypted copy of the newest backup, for nodes that were told its address',
    tags: ['backups'],
    params: CopyParams,
  }
  const config = {
    scope: 'none',
    types: ['application/octet-stream'],
    also: [206],
    problems: ['unauthenticated'],
  } as const
  app.get(`${COPIES_PATH}/:capability`, { config, schema }, async (request, reply) => {
    const copy = context.backups?.at(request.params.capability)
    const file = copy ? await open(copy.path, 'r').catch(() => null) : null // replaced just now
    if (!copy || !file)
      throw new Problem('unauthenticated', 'this address opens nothing, or nothing any more')
    const range = byteRange(request.headers.range, copy.bytes)
    void reply
      .type('application/octet-stream')
      .header('accept-ranges', 'bytes')
      .header('cache-control', 'no-store')
      .header('etag', `"${copy.sha256}"`)
      .header('content-length', range ? range.end - range.start + 1 : copy.bytes)
    if (range) void reply.code(206).header('content-range', `bytes ${range.start}-${range.end}/${copy.bytes}`)
    return reply.send(file.createReadStream(range ?? {}))
  })
}
