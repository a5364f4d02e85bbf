import { mayWriteTo, SMS_ALLOWED, smsCapability } from '@infra-home/shared/sms/capability.ts'
import type { World } from '../world/world.ts'

type Path = { readonly node: string; readonly modem: string; readonly to: readonly string[] }

/** What a way by short message lacks in the house, in a sentence; null when nothing, or when its node has not said yet. Pure. */
export const smsLack = ({ node, modem, to }: Path, { nodes }: Pick<World, 'nodes'>): string | null => {
  const fact = nodes[node]
  if (!fact || fact.presence === 'never-seen') return `${node} was never heard`
  if (!fact.birth) return null
  const { capabilities } = fact.birth
  if (!capabilities.includes(smsCapability(modem)))
    return modemLack({ node, modem }, capabilities, fact.states)
  const unnamed = to.filter((number) => !mayWriteTo(capabilities, number)).length
  return unnamed === 0
    ? null
    : `\`sms.to\` of ${node}’s agent lacks ${unnamed} of the ${to.length} numbers that this channel writes to`
}

const modemLack = (
  { node, modem }: Pick<Path, 'node' | 'modem'>,
  capabilities: readonly string[],
  states: World['nodes'][string]['states'],
): string => {
  const isAllowed = capabilities.some((one) => one === SMS_ALLOWED || one.startsWith(smsCapability('')))
  if (!isAllowed) return `${node} has no \`sms\` in its agent’s configuration`
  const modems = Object.keys(states).flatMap((key) => (key.startsWith('modem/') ? [key.slice(6)] : []))
  return modems.includes(modem)
    ? `the modem ${modem} of ${node} cannot send short messages`
    : `${node} has no modem ${modem}: it has ${modems.join(', ') || 'none'}`
}
