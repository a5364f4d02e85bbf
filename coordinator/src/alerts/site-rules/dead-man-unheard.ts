import { minutes, seconds } from '@infra-home/shared/clock.ts'
import { LINE } from '../../world/line.ts'
import { partRule } from '../part-rule.ts'

/** Whoever watches this home from outside does not hear that it lives, and may raise an alarm of its own. */
export const deadManUnheard = partRule({
  code: 'dead-man-unheard',
  severity: 'warning',
  part: 'dead-man',
  fine: 'no watcher outside misses us',
  advice:
    'Is the address in deadMan right, and is its server up? It will tell its own contacts that this home is silent.',
  defaults: { fireAfter: minutes(16), clearAfter: seconds(0) },
  dependsOn: [LINE],
})
