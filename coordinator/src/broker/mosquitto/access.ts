import { statusTopic, USUAL_PREFIX } from '../../home-assistant/topics.ts'
import type { Role } from '../../trust/identities.ts'

/** One line of a role in Mosquitto's dynamic-security plugin. */
export type Acl = {
  readonly acltype: 'publishClientSend' | 'subscribeLiteral' | 'subscribePattern'
  readonly topic: string
  readonly allow: boolean
}

/** Who may do what: a role of its own for each identity, and nothing for anybody else. */
export type Access = ReadonlyMap<string, readonly Acl[]>

/** Roles of ours begin with this; others in the plugin's book are not ours to touch. */
export const ROLE_PREFIX = 'infra-home '
export const roleOf = (name: string): string => `${ROLE_PREFIX}${name}`

const SAYS = ['$state', '$birth', 'state/+/+', 'tm', 'backlog', 'event/+', 'res/+', 'have/+']
const HEARS = ['ack', 'cmd/+', 'lease', 'want/+']

const allow = (acltype: Acl['acltype'], topic: string): Acl => ({ acltype, topic, allow: true })

const aclsOf = (name: string, role: Role, homeAssistantPrefix: string): Acl[] => {
  switch (role) {
    case 'node':
      return [
        ...SAYS.map((tail) => allow('publishClientSend', `ih/1/${name}/${tail}`)),
        ...HEARS.map((tail) => allow('subscribeLiteral', `ih/1/${name}/${tail}`)),
        allow('subscribeLiteral', 'ih/1/$coord/state'),
      ]
    case 'reader':
      return [
        allow('subscribePattern', 'ih/1/#'),
        allow('subscribePattern', `${homeAssistantPrefix}/#`),
        allow('publishClientSend', statusTopic(homeAssistantPrefix)),
      ]
    case 'broker':
      return []
  }
}

/** The access of every identity that counts. Pure. */
export const accessFor = (
  identities: readonly (readonly [
    name: string,
    identity: { readonly role: Role; readonly revoked: unknown },
  ])[],
  homeAssistantPrefix = USUAL_PREFIX,
): Access =>
  new Map(
    identities
      .filter(([, { revoked, role }]) => revoked === null && role !== 'broker')
      .map(([name, { role }]) => [name, aclsOf(name, role, homeAssistantPrefix)]),
  )
