import { isName } from './names.ts'

/** The root carries the version of the language: another version is another tree. */
export const ROOT = 'ih/1'

/** Not a node: the coordinator speaks here. */
export const COORDINATOR = '$coord'

export type NodeTopic =
  | { readonly node: string; readonly kind: '$state' | '$birth' | 'tm' | 'backlog' | 'ack' | 'lease' }
  | { readonly node: string; readonly kind: 'state'; readonly state: string; readonly id: string }
  | { readonly node: string; readonly kind: 'event'; readonly event: string }
  | { readonly node: string; readonly kind: 'cmd'; readonly verb: string }
  | { readonly node: string; readonly kind: 'res'; readonly id: string }
  | { readonly node: string; readonly kind: 'want' | 'have'; readonly wish: string }

export type TopicKind = NodeTopic['kind']

/** Kinds that only the coordinator writes. */
export const COORDINATOR_KINDS: readonly TopicKind[] = ['ack', 'cmd', 'lease', 'want']

export const coordinatorStateTopic = `${ROOT}/${COORDINATOR}/state`

/** The text of `topic`; ids with characters of their own (eth0.10, wlan/1) are percent-encoded. */
export const formatTopic = (topic: NodeTopic): string => {
  const base = `${ROOT}/${topic.node}/${topic.kind}`
  switch (topic.kind) {
    case 'state':
      return `${base}/${topic.state}/${encodeLevel(topic.id)}`
    case 'event':
      return `${base}/${topic.event}`
    case 'cmd':
      return `${base}/${topic.verb}`
    case 'res':
      return `${base}/${encodeLevel(topic.id)}`
    case 'want':
    case 'have':
      return `${base}/${topic.wish}`
    default:
      return base
  }
}

/** What `text` means, or null when it is not a node's topic of this version. */
export const parseTopic = (text: string): NodeTopic | null => {
  const levels = text.split('/')
  const [ih, version, node = '', kind = '', first, second] = levels
  if (ih !== 'ih' || version !== '1' || !isName(node)) return null
  if (levels.length === 4) return bareTopic(node, kind)
  if (levels.length === 5 && first) return namedTopic(node, kind, first)
  if (levels.length !== 6 || kind !== 'state' || !first || !second) return null
  const id = decodeLevel(second)
  return isName(first) && id ? { node, kind, state: first, id } : null
}

const bareTopic = (node: string, kind: string): NodeTopic | null => {
  switch (kind) {
    case '$state':
    case '$birth':
    case 'tm':
    case 'backlog':
    case 'ack':
    case 'lease':
      return { node, kind }
    default:
      return null
  }
}

const namedTopic = (node: string, kind: string, name: string): NodeTopic | null => {
  if (kind === 'res') {
    const id = decodeLevel(name)
    return id ? { node, kind, id } : null
  }
  if (!isName(name)) return null
  switch (kind) {
    case 'event':
      return { node, kind, event: name }
    case 'cmd':
      return { node, kind, verb: name }
    case 'want':
    case 'have':
      return { node, kind, wish: name }
    default:
      return null
  }
}

const encodeLevel = (text: string): string => encodeURIComponent(text)

const decodeLevel = (text: string): string | null => {
  try {
    return decodeURIComponent(text)
  } catch {
    return null // not percent-encoding: the topic is not ours
  }
}
