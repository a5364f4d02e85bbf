import type { SwitchedEvent } from '@infra-home/shared/messages/wan.ts'
import type { EntryBodies } from './input.ts'
import { stateOf } from './node.ts'
import type { World } from './world.ts'

/** What a router's word of a move, or a phone's of its lending, answers: the decision that ordered it; where its agent decided, what it had said of the path that it left. */
export const wanCause = ({ wan, nodes }: World, said: EntryBodies['message']['said']): string | null => {
  const command = commandIn(said)
  const lending = Object.values(wan.tethers).find(({ begun, by }) => command === begun || command === by)
  if (lending) return command === lending.begun ? lending.begun : lending.by
  const ordered = wan.history.find(({ id }) => id === command)
  if (ordered) return ordered.id
  if (said.kind !== 'event' || said.event !== 'switched' || said.message.node !== wan.router) return null
  const { from } = said.message.body as SwitchedEvent
  const router = nodes[said.message.node]
  return from === null || !router ? null : (stateOf(router, 'path', from)?.by ?? null)
}

const commandIn = (said: EntryBodies['message']['said']): unknown => {
  if (said.kind === 'res') return said.message.command
  const body = said.kind === 'event' || said.kind === 'state' ? said.message.body : null
  return body && commandOf(body)
}

const commandOf = (body: object): unknown => ('command' in body ? body.command : null)
