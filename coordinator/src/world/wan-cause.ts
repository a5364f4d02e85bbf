import type { SwitchedEvent } from '@infra-home/shared/messages/wan.ts'
import type { EntryBodies } from './input.ts'
import { stateOf } from './node.ts'
import type { World } from './world.ts'

/** What a router's word of a move answers: the decision that ordered it; where its agent decided, what it had said of the path that it left. */
export const wanCause = ({ wan, nodes }: World, said: EntryBodies['message']['said']): string | null => {
  const command =
    said.kind === 'res' ? said.message.command : said.kind === 'event' ? commandOf(said.message.body) : null
  const ordered = wan.history.find(({ id }) => id === command)
  if (ordered) return ordered.id
  if (said.kind !== 'event' || said.event !== 'switched' || said.message.node !== wan.router) return null
  const { from } = said.message.body as SwitchedEvent
  const router = nodes[said.message.node]
  return from === null || !router ? null : (stateOf(router, 'path', from)?.by ?? null)
}

const commandOf = (body: object): unknown => ('command' in body ? body.command : null)
