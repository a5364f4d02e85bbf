import type { Backups, LocalBackup } from '../../jobs/backups.ts'
import type { HttpContext } from '../context.ts'
import { show } from '../plugins/show.ts'
import { Problem } from '../problem.ts'
import { Backup, BackupsShown } from '../schemas/backups.ts'
import {
  backupsTable,
  backupTroubles,
  backupViews,
  copiesTable,
  copyAdvice,
  copyViews,
} from '../views/backups.ts'
import { page, PageQuery } from './page.ts'
import { API, type Routes } from './route.ts'

export const backupRoutes: Routes = (app, tools) => {
  list(app, tools)
  make(app, tools)
}

const list: Routes = (app, { context }) => {
  const schema = {
    summary: 'Backups, and which node holds a copy',
    tags: ['backups'],
    querystring: PageQuery,
  }
  const config = { scope: 'read', shows: BackupsShown } as const
  app.get(`${API}/backups`, { config, schema }, async (request, reply) => {
    const { backups, world } = context
    const now = context.now()
    const facts = {
      kept: (await backups?.kept()) ?? [],
      plan: backups?.plan ?? null,
      failure: backups?.failure() ?? null,
    }
    const shown = page(backupViews(facts, world, now), ({ file }) => file, request.query)
    const copies = copyViews(facts, world, now)
    const troubles = backupTroubles(facts)
    const advice = copyAdvice(copies, troubles)
    return show(request, reply, {
      json: { ...shown, recipient: facts.plan?.recipient ?? null, copies, troubles },
      parts: () => [
        shown.items.length === 0 ? 'there is no backup yet' : backupsTable(shown.items),
        ...(copies.length > 0 ? [copiesTable(copies)] : []),
        ...(advice.length > 0 ? [advice.join('\n')] : []),
      ],
      next: 'curl -X POST …/api/v1/backups makes one now',
    })
  })
}

const make: Routes = (app, { context }) => {
  const schema = { summary: 'Make a backup now; its copies follow', tags: ['backups'] }
  const config = { scope: 'operate', shows: Backup, status: 201 } as const
  app.post(`${API}/backups`, { config, schema }, async (request, reply) => {
    const { backups, world, log } = context
    if (!backups) throw new Problem('not-found', 'no backups are made here')
    const made = await backupNamed(backups, await backups.take())
    log('info', 'made a backup', { file: made.file, by: request.owner })
    const [view] = backupViews({ kept: [made] }, world, context.now())
    void reply.code(201).header('location', `${API}/backups`)
    return show(request, reply, {
      json: view,
      parts: () => (view ? [backupsTable([view])] : []),
      next: 'curl …/api/v1/backups shows where its copies are',
    })
  })
}

/** @throws Problem journal-unavailable */
const backupNamed = async (
  { kept }: Pick<NonNullable<HttpContext['backups']>, 'kept'> & Partial<Backups>,
  name: string,
): Promise<LocalBackup> => {
  const found = (await kept()).find(({ file }) => file === name)
  if (!found) throw new Problem('journal-unavailable', `the backup ${name} is gone again`)
  return found
}
