import type { LinkKind } from '@infra-home/shared/messages/link.ts'
import { stateOf } from '../../world/node.ts'
import { LINK_CHANGES } from '../../world/watch.ts'
import { dataRule, type DataRuleParams } from '../data-rule.ts'
import type { Rule } from '../rule.ts'

const flapping = dataRule({
  code: 'link-flapping',
  severity: 'warning',
  text: '{subject} of {node} changed its carrier {value}',
  advice:
    'A cable, a plug, a switch port or its power supply, or two ends that disagree on the speed. GET /api/v1/links counts the changes.',
  of: { thing: LINK_CHANGES.thing },
  field: LINK_CHANGES.what,
  rate: { perMs: LINK_CHANGES.window },
  fire: 6, // gone and back is two
  clear: 1,
})

const PHYSICAL: ReadonlySet<LinkKind> = new Set(['ethernet', 'wifi', 'cellular'])

/** A link comes and goes: each time is too short for anything else to be told of it. */
export const linkFlapping: Rule<DataRuleParams> = {
  ...flapping,
  subjects: (node, plan) =>
    flapping
      .subjects(node, plan)
      .filter((id) => PHYSICAL.has(stateOf(node, 'link', id)?.body.kind ?? 'other')),
}
