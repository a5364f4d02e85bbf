import { minutes } from '@infra-home/shared/clock.ts'
import { roomRule } from '../room-rule.ts'

/** What the kernel could still give (MemAvailable); below a few percent a small machine does little else than look for more. */
export const memoryShort = roomRule({
  code: 'memory-short',
  severity: 'warning',
  advice: 'Which program takes it? `systemd-cgtop -m` or `ps --sort=-rss` on the machine tell.',
  what: 'memory',
  available: 'memoryAvailableBytes',
  total: 'memoryTotalBytes',
  defaults: { fireAfter: minutes(5), clearAfter: minutes(5), fire: 5, clear: 10 },
})
