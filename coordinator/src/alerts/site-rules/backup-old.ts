import { hours, later, milliseconds, minutes, seconds } from '@infra-home/shared/clock.ts'
import { spanText } from '@infra-home/shared/span-text.ts'
import { paramsSchema } from '../params-schema.ts'
import type { RuleParams } from '../rule.ts'
import type { SiteRule } from '../site-rule.ts'

/** The newest backup is older than it should be, or there is none. */
export const backupOld: SiteRule<RuleParams & { readonly olderThanMs: number }> = {
  code: 'backup-old',
  severity: 'warning',
  advice: 'POST /api/v1/backups makes one and says why not; is the folder there, and is there room?',
  defaults: { fireAfter: minutes(10), clearAfter: seconds(0), olderThanMs: hours(50) },
  paramsSchema: paramsSchema({
    olderThanMs: {
      type: 'integer',
      minimum: 60_000,
      description: 'milliseconds after which a backup is old',
    },
  }),
  judge({ world, now, params }) {
    const { backup } = world.self
    if (!backup) return null
    const age = now.wall - (backup.at ?? backup.seen.wall)
    const isOld = age >= params.olderThanMs
    return {
      level: isOld ? 'bad' : 'good',
      cause: isOld ? (backup.at === null ? 'none' : 'old') : 'fine',
      text: backup.at === null ? 'there is no backup' : `the newest backup is ${spanText(age)} old`,
      evidence: [backup.by],
      nextAt: isOld ? null : later(now.mono, milliseconds(params.olderThanMs - age)),
    }
  },
}
