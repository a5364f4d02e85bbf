import { seconds } from '@infra-home/shared/clock.ts'
import { partRule } from '../part-rule.ts'

/** The file of the owner's rules has a mistake: what is alerted on is not what is written there. */
export const rulesRefused = partRule({
  code: 'rules-refused',
  severity: 'warning',
  part: 'rules',
  fine: 'the rules are as their file has them',
  advice:
    'Mend the file (`coordinator --config FILE --check-config` names each place), then POST /api/v1/rules/reload or send SIGHUP.',
  defaults: { fireAfter: seconds(0), clearAfter: seconds(0) },
})
