import { seconds } from '@infra-home/shared/clock.ts'
import { partRule } from '../part-rule.ts'

/** A way to somebody would fail when it is needed: better to hear of it by another one before. */
export const channelUnable = partRule({
  code: 'channel-unable',
  severity: 'warning',
  part: 'channels',
  fine: 'every channel can be used',
  advice:
    'One that refuses: is its token or address still right? POST /api/v1/alerts/test shows what it answers. One that sends by a modem: the modem has to stand in the configuration of that node’s agent and be of a kind that can send; `sms` there says what may be spent, and `sms.to` to whom.',
  defaults: { fireAfter: seconds(60), clearAfter: seconds(0) },
})
