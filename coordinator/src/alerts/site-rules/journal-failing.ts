import { seconds } from '@infra-home/shared/clock.ts'
import { partRule } from '../part-rule.ts'

/** What happens is not written down: deciding goes on in memory, and is lost with it. */
export const journalFailing = partRule({
  code: 'journal-failing',
  severity: 'critical',
  part: 'journal',
  fine: 'the journal is written again',
  advice: 'Is the disk full, or failing? GET /readyz says what it answers, and how much waits in memory.',
  defaults: { fireAfter: seconds(30), clearAfter: seconds(10) },
})
