import { seconds } from '@infra-home/shared/clock.ts'
import { linkUp } from '@infra-home/shared/messages/link.ts'
import { type NodeWorld, stateOf, statesOf } from '../../world/node.ts'
import type { PlannedVlan } from '../planned-vlans.ts'
import { paramsSchema } from '../params-schema.ts'
import type { Rule, Verdict } from '../rule.ts'

/** A network that a machine is meant to be in is missing there, down, or has not the address that the plan gives it. */
export const vlanWrong: Rule = {
  code: 'vlan-wrong',
  severity: 'warning',
  advice:
    'GET /api/v1/vlans shows what there is, topology.json what is meant to be. Does the switch carry the tag on that port?',
  defaults: { fireAfter: seconds(60), clearAfter: seconds(10) },
  paramsSchema: paramsSchema(),
  subjects: (node, { vlans }) => (node.birth ? (vlans[node.name] ?? []).map(({ name }) => name) : []),
  judge({ node, subject, plan: { vlans } }) {
    const planned = vlans[node.name]?.find(({ name }) => name === subject)
    return planned
      ? judgeVlan(node, planned)
      : { level: 'good', cause: 'fine', text: `${subject} is not planned`, evidence: [], nextAt: null }
  },
}

const judgeVlan = (node: NodeWorld, { name, id, device, isTagged, addresses }: PlannedVlan): Verdict => {
  const seen = isTagged ? vlanAt(node, id) : linkAt(node, device)
  const bad = (cause: string, text: string): Verdict => ({
    level: 'bad',
    cause,
    text,
    evidence: seen ? [seen.by] : [],
    nextAt: null,
  })
  const place = `${name} (${id}) on ${node.name}`
  if (!seen) return bad('missing', `${place} is missing: there is no ${device}`)
  if (!seen.isUp) return bad('down', `${place} is down`)
  const lacking = addresses.filter((address) => !seen.addresses.includes(address))
  if (lacking.length > 0) return bad('address', `${place} has not the address ${lacking.join(', ')}`)
  return { level: 'good', cause: 'fine', text: `${place} is as planned`, evidence: [seen.by], nextAt: null }
}

type Seen = { readonly isUp: boolean; readonly addresses: readonly string[]; readonly by: string }

const vlanAt = (node: NodeWorld, id: number): Seen | null => {
  const found = statesOf(node, 'vlan').find(([, { body }]) => body.vlanId === id)
  if (!found) return null
  const [, { body, by }] = found
  return { isUp: body.state === 'up', addresses: body.addresses.map(({ address }) => address), by }
}

const linkAt = (node: NodeWorld, device: string): Seen | null => {
  const link = stateOf(node, 'link', device)
  if (!link) return null
  return {
    isUp: linkUp(link.body),
    addresses: link.body.addresses.map(({ address }) => address),
    by: link.by,
  }
}
