import { seconds } from '@infra-home/shared/clock.ts'
import { partRule } from '../part-rule.ts'

/** Nobody can be heard: what looks like silence of every device is ours. */
export const brokerLost = partRule({
  code: 'broker-lost',
  severity: 'critical',
  part: 'broker',
  fine: 'the broker is connected and does as it is told',
  advice:
    'Does the broker run? GET /readyz says what is wrong. Devices keep what they have to say until it is back.',
  defaults: { fireAfter: seconds(60), clearAfter: seconds(60) }, // devices take a while to come back
})
