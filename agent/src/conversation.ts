import type { Clock } from '@infra-home/shared/clock.ts'
import { milliseconds } from '@infra-home/shared/clock.ts'
import type { Log } from '@infra-home/shared/log.ts'
import type { AckMessage } from '@infra-home/shared/messages/ack.ts'
import type { BirthMessage } from '@infra-home/shared/messages/birth.ts'
import type { CmdMessage } from '@infra-home/shared/messages/cmd.ts'
import type { Refusal, ResMessage } from '@infra-home/shared/messages/res.ts'
import type { WantMessage, WishKind } from '@infra-home/shared/messages/want.ts'
import { formatTopic } from '@infra-home/shared/topics.ts'
import { type EpochClock, learnEpoch, type ObeyedBook, refusalOf } from './commands/obey.ts'
import { VERBS } from './commands/verbs.ts'
import { type Identity, sealEnvelope } from './envelope.ts'
import { createInbound } from './inbound.ts'
import type { Outbox } from './outbox/outbox.ts'
import type { Publisher } from './publisher.ts'
import { readJson, writeJson } from './small-file.ts'
import type { Disk } from './sys/sys.ts'
import type { Wire } from './sys/wire.ts'
import type { Wishes } from './wishes.ts'

export type ConversationOptions = {
  readonly identity: Identity
  readonly clock: Clock
  readonly disk: Disk
  readonly outbox: Outbox
  readonly publisher: Publisher
  readonly wishes: Wishes
  readonly wire: () => Wire | null
  readonly connection: () => number
  readonly describe: () => Pick<BirthMessage, 'agentVersion' | 'mode' | 'capabilities' | 'cadenceMs'>
  readonly onWish: (kind: WishKind) => void
  readonly log: Log
}

/** What the agent says of itself and hears from the coordinator, over whichever connection there is. */
export type Conversation = {
  /** A connection is open: says who we are and all that is so. */
  greet(): void
  hear(topic: string, payload: Uint8Array): void
  /** Sends a piece of the backlog, if the coordinator is there to take it. */
  pump(): void
  /** Says good-bye while there is a connection. */
  leave(state: 'sleeping' | 'lost'): void
}

const OBEYED_FILE = 'obeyed.json'
const BACKLOG_ENTRIES = 100
const EVERYTHING = [[1, Number.MAX_SAFE_INTEGER]] as const

/** Opens the book of what was obeyed, and talks from then on. */
export const openConversation = async (options: ConversationOptions): Promise<Conversation> => {
  const { identity, clock, disk, outbox, publisher, wishes, wire, log } = options
  const inbound = createInbound(identity.node)
  let book = await readJson<ObeyedBook>(disk, OBEYED_FILE, {})
  let epochClock: EpochClock | null = null
  let coordinatorOnline = false

  const say = (kind: '$state' | '$birth' | 'backlog', rest: object, retain: boolean): void => {
    const message = { ...sealEnvelope(identity, clock, null), ...rest }
    wire()?.publish(formatTopic({ node: identity.node, kind }), JSON.stringify(message), { qos: 1, retain })
  }

  const greet = (): void => {
    const newest =
      Object.values(book).sort((a, b) => b.epoch - a.epoch || b.generation - a.generation)[0] ?? null
    say('$state', { state: 'ready', connection: options.connection() }, true)
    const birth = {
      ...options.describe(),
      connection: options.connection(),
      states: publisher.stateKeys(),
      owed: outbox.owed(),
      newestCommand: newest,
    }
    say('$birth', birth, true)
    publisher.repeatStates()
    outbox.resend(EVERYTHING) // what went out on a connection that is gone may not have arrived
  }

  const answer = (command: string, reason: Refusal | null): void => {
    const outcome = reason === null ? 'done' : 'refused'
    const message: ResMessage = { ...sealEnvelope(identity, clock, null), command, outcome, reason }
    const topic = formatTopic({ node: identity.node, kind: 'res', id: command })
    wire()?.publish(topic, JSON.stringify(message), { qos: 1, retain: false })
  }

  const obey = async (command: CmdMessage): Promise<void> => {
    const refusal = refusalOf(command, { identity, book, epochClock, now: clock.now().mono })
    if (refusal) {
      log('warn', 'refused a command', { verb: command.verb, reason: refusal })
      publisher.event('refused', { id: command.id, verb: command.verb, reason: refusal })
      return answer(command.id, refusal)
    }
    book = { ...book, [command.verb]: { epoch: command.epoch, generation: command.generation } }
    await writeJson(disk, OBEYED_FILE, book).catch((error: unknown) =>
      log('error', 'could not note a command before obeying it', { error: String(error) }),
    )
    VERBS[command.verb](command, {
      rebirth(missing) {
        greet()
        outbox.resend(missing)
      },
    })
    answer(command.id, null)
  }

  const settle = ({ session, upTo, above }: AckMessage): void => outbox.settle({ session, upTo, above })

  const takeWish = async (kind: WishKind, wish: WantMessage): Promise<void> => {
    if (wish.site !== identity.site || wish.node !== identity.node) return
    if (await wishes.take(kind, wish)) options.onWish(kind)
    const { epoch, generation } = wish
    const message = { ...sealEnvelope(identity, clock, null), epoch, generation }
    const topic = formatTopic({ node: identity.node, kind: 'have', wish: kind })
    wire()?.publish(topic, JSON.stringify(message), { qos: 1, retain: true })
  }

  return {
    greet,
    hear(topic, payload) {
      const heard = inbound(topic, payload)
      switch (heard.kind) {
        case 'ack':
          epochClock = learnEpoch(epochClock, heard.message, clock.now().mono)
          return settle(heard.message)
        case 'coordinator': {
          const { state, epoch } = heard.message
          const back = state === 'online' && (!coordinatorOnline || epochClock?.epoch !== epoch)
          epochClock = learnEpoch(epochClock, heard.message, clock.now().mono)
          coordinatorOnline = state === 'online'
          if (back) outbox.resend(EVERYTHING) // it heard nothing while it was gone
          return
        }
        case 'cmd':
          return void obey(heard.message)
        case 'want':
          return void takeWish(heard.wish, heard.message).catch((error: unknown) =>
            log('error', 'could not keep a wish', { wish: heard.wish, error: String(error) }),
          )
        case 'malformed':
          log('warn', 'could not understand a message', { topic: heard.topic, problem: heard.problem })
          if (heard.id !== null) answer(heard.id, 'malformed')
      }
    },
    pump() {
      if (!coordinatorOnline || !wire()) return
      const entries = outbox.due(clock.now().mono, BACKLOG_ENTRIES)
      if (entries.length === 0) return
      say('backlog', { entries: entries.map(({ topic, message }) => ({ topic, message })) }, false)
    },
    leave: (state) => say('$state', { state, connection: options.connection() }, true),
  }
}

/** How often the backlog is looked at. */
export const PUMP_EVERY = milliseconds(1000)
