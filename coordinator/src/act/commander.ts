import { later, seconds } from '@infra-home/shared/clock.ts'
import type { Refusal, ResMessage } from '@infra-home/shared/messages/res.ts'
import type { Answer, Command, Word } from '../alerts/errand.ts'
import type { NodeWorld } from '../world/node.ts'
import type { Means } from './act.ts'
import { sendCommand } from './sign-command.ts'

/** A modem takes up to half a minute for a short message, and may be read at the time. */
const PATIENCE = seconds(45)
/** After a start nodes come back one by one: an agent dials again within a minute. */
const COMING_BACK = seconds(90)
/** What got lost on its way, either way, is said again: who has obeyed it says what became of it. */
const SAY_AGAIN = seconds(5)

/** Has nodes do what they do once for each id, and waits for their word. */
export type Commander = {
  readonly command: Command
  /** A node has said what became of a command. */
  heard(word: ResMessage): void
}

type Waiting = { readonly node: string; readonly resolve: (word: Word) => void }

export type CommanderOptions = Pick<Means, 'world' | 'clock' | 'sign' | 'publish'> & {
  /** Resolves when all that was decided is on the disk, or cannot be. */
  readonly kept: () => Promise<void>
}

/**
 * What it sends is counted here and not in the world: a process has an epoch of its own, and a command that is said again is no other
 * decision.
 */
export const createCommander = (options: CommanderOptions): Commander => {
  const { world, clock, kept } = options
  const waiting = new Map<string, Waiting>()
  const generations = new Map<string, number>()

  const say = async (id: string, order: Parameters<Command>[1], boot: string): Promise<void> => {
    const generation = (generations.get(order.node) ?? 0) + 1
    generations.set(order.node, generation)
    // Where there is no broker yet, or no more, it is said again when there may be one.
    await sendCommand({ ...order, boot, generation }, options, id).catch(() => {})
  }

  return {
    async command(id, order) {
      if (world.deposedBy !== null) return ours('older')
      if (world.nodes[order.node] === undefined) return ours('unheard')
      const allBack = later(world.listeningSince, COMING_BACK)
      if (clock.now().mono > allBack && bootOf(world.nodes[order.node]) === null) return ours('away')
      await kept() // who forgets it in a crash would have it done a second time
      const until = Math.max(later(clock.now().mono, PATIENCE), allBack)
      return new Promise<Word>((resolve) => {
        const again = (): void => {
          if (clock.now().mono >= until) return end(ours('silent'))
          const boot = bootOf(world.nodes[order.node])
          if (boot !== null) void say(id, order, boot)
          cancel = clock.after(SAY_AGAIN, again)
        }
        const end = (word: Word): void => {
          cancel()
          waiting.delete(id)
          resolve(word)
        }
        let cancel = (): void => {}
        waiting.set(id, { node: order.node, resolve: end })
        again()
      })
    },
    heard({ node, command, outcome, reason, detail = null }) {
      const asked = waiting.get(command)
      if (asked?.node !== node || (reason !== null && OF_ONE_SAYING.has(reason))) return
      asked.resolve({ answer: outcome === 'done' ? 'done' : (reason ?? 'failed'), detail })
    },
  }
}

/** What we say ourselves. */
const ours = (answer: Answer): Word => ({ answer, detail: null })

/** What is wrong with one time that it was said, and not with what was said. */
const OF_ONE_SAYING: ReadonlySet<Refusal> = new Set(['replayed', 'older', 'expired', 'wrong-boot'])

const AWAY: ReadonlySet<NodeWorld['presence']> = new Set(['never-seen', 'sleeping', 'lost', 'revoked'])

/** Whom a command is for; null for a node that is not here. Pure. */
const bootOf = (node: NodeWorld | undefined): string | null =>
  !node || AWAY.has(node.presence) || node.said === 'lost' ? null : node.boot
