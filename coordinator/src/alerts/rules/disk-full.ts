import { minutes } from '@infra-home/shared/clock.ts'
import { roomRule } from '../room-rule.ts'

/** A full disk loses what an agent keeps for later, and what a coordinator writes down. */
export const diskFull = roomRule({
  code: 'disk-full',
  severity: 'warning',
  advice: 'What grows? `du -x -h / | sort -h | tail` and `journalctl --disk-usage` on the machine tell.',
  what: 'disk',
  available: 'diskAvailableBytes',
  total: 'diskTotalBytes',
  defaults: { fireAfter: minutes(2), clearAfter: minutes(2), fire: 5, clear: 10 },
})
