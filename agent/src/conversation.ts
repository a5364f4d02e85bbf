import type { Clock } from '@infra-home/shared/clock.ts'
import { fromRfc3339, milliseconds, minutes, type WallMs } from '@infra-home/shared/clock.ts'
import type { Log } from '@infra-home/shared/log.ts'
import type { AckMessage } from '@infra-home/shared/messages/ack.ts'
import type { BirthMessage } from '@infra-home/shared/messages/birth.ts'
import type { CmdMessage, Verb } from '@infra-home/shared/messages/cmd.ts'
import type { LeaseMessage } from '@infra-home/shared/messages/lease.ts'
import type { Refusal, ResMessage } from '@infra-home/shared/messages/res.ts'
import type { WishKind } from '@infra-home/shared/messages/want.ts'
import { formatTopic } from '@infra-home/shared/topics.ts'
import type { SignOfLife } from './alarm/sign-of-life.ts'
import { type EpochClock, learnEpoch } from './commands/obey.ts'
import { openObedience } from './commands/obedience.ts'
import { type Outcome, partsOf } from './commands/refused.ts'
import { lackOf, type Right, type VerbPorts, VERBS } from './commands/verbs.ts'
import { type Identity, sealEnvelope } from './envelope.ts'
import { createInbound } from './inbound.ts'
import type { PinnedApprovers } from './pinned-approvers.ts'
import type { PinnedKeys } from './pinned-keys.ts'
import type { Outbox } from './outbox/outbox.ts'
import type { Publisher } from './publisher.ts'
import { seldom } from './seldom.ts'
import type { Disk } from './sys/sys.ts'
import type { Wire } from './sys/wire.ts'
import { createWishTaker } from './wish-taker.ts'
import type { Wishes } from './wishes.ts'

export type ConversationOptions = {
  readonly identity: Identity
  readonly clock: Clock
  readonly disk: Disk
  readonly outbox: Outbox
  readonly publisher: Publisher
  readonly wishes: Wishes
  readonly keys: PinnedKeys
  readonly approvers: PinnedApprovers
  /** What this process may do on this machine. */
  readonly rights: readonly Right[]
  readonly wire: () => Wire | null
  readonly connection: () => number
  readonly describe: () => Pick<BirthMessage, 'agentVersion' | 'mode' | 'capabilities' | 'cadenceMs'>
  readonly onWish: (kind: WishKind) => void
  readonly onLease: (lease: LeaseMessage) => void
  readonly switchUplink: VerbPorts['switchUplink']
  readonly tether: VerbPorts['tether']
  readonly sendSms: VerbPorts['sendSms']
  readonly onSignOfLife: (sign: SignOfLife) => void
  /** The coordinator has said what time it is. */
  readonly onTime: (wall: WallMs) => void
  readonly log: Log
}

/** What the agent says of itself and hears from the coordinator, over whichever connection there is. */
export type Conversation = {
  /** A connection is open: says who we are and all that is so. */
  greet(): void
  /** @param retained the broker had kept it */
  hear(topic: string, payload: Uint8Array, retained: boolean): void
  /** Sends a piece of the backlog, if the coordinator is there to take it; true when there was one. */
  pump(): boolean
  /** Says good-bye while there is a connection. */
  leave(state: 'sleeping' | 'lost'): void
}

/** Refusals are told, but whoever sends nonsense without an end does not fill the outbox with it. */
const REFUSALS_TOLD = 20
const BACKLOG_ENTRIES = 100
/** What lies on the disk is there so long after it was first asked for. */
const READ_WITHIN = milliseconds(200)
const EVERYTHING = [[1, Number.MAX_SAFE_INTEGER]] as const

/** Opens the book of what was obeyed, and talks from then on. */
export const openConversation = async (options: ConversationOptions): Promise<Conversation> => {
  const { identity, clock, disk, outbox, publisher, keys, rights, wire, log } = options
  const inbound = createInbound(identity.node)
  const mayTell = seldom(REFUSALS_TOLD, minutes(10))
  let epochClock: EpochClock | null = null
  /** The connection over which the coordinator said last that it is there. */
  let onlineIn: number | null = null
  const isOnline = (): boolean => onlineIn === options.connection()

  const say = (kind: '$state' | '$birth' | 'backlog', rest: object, retain: boolean): void => {
    const message = { ...sealEnvelope(identity, clock, null), ...rest }
    wire()?.publish(formatTopic({ node: identity.node, kind }), JSON.stringify(message), { qos: 1, retain })
  }

  const sayBirth = (): void => {
    const birth = {
      ...options.describe(),
      connection: options.connection(),
      states: publisher.stateKeys(),
      owed: outbox.owed(),
      verbs: (Object.keys(VERBS) as Verb[]).map((verb) => ({ verb, lacks: lackOf(verb, rights) })),
      newestCommand: obedience.newest(),
    }
    say('$birth', birth, true)
  }

  const greet = (): void => {
    say('$state', { state: 'ready', connection: options.connection() }, true)
    sayBirth()
    publisher.repeatStates()
    outbox.resend(EVERYTHING) // what went out on a connection that is gone may not have arrived
  }

  const answer = (command: string, refused: Outcome): void => {
    const outcome = refused === null ? 'done' : 'refused'
    const why = refused === null ? { reason: null } : partsOf(refused)
    const message: ResMessage = { ...sealEnvelope(identity, clock, null), command, outcome, ...why }
    const topic = formatTopic({ node: identity.node, kind: 'res', id: command })
    wire()?.publish(topic, JSON.stringify(message), { qos: 1, retain: false })
  }

  const refuse = (what: { readonly id: string; readonly verb: string }, reason: Refusal): void => {
    log('warn', 'did not obey', { ...what, reason })
    if (mayTell(clock.now().mono)) publisher.event('refused', { ...what, reason })
  }

  const rebirth = (missing: Parameters<Outbox['resend']>[0]): void => {
    greet()
    outbox.resend(missing)
  }
  const { switchUplink, tether, sendSms } = options
  const ports: VerbPorts = { rebirth, switchUplink, tether, sendSms }
  const obedience = await openObedience({ identity, clock, disk, keys, rights, log, ports })

  const obey = async (command: CmdMessage): Promise<void> => {
    const outcome = await obedience.obey(command, epochClock)
    if (outcome) refuse({ id: command.id, verb: command.verb }, partsOf(outcome).reason)
    answer(command.id, outcome)
  }

  const settle = ({ session, upTo, above }: AckMessage): void => outbox.settle({ session, upTo, above })

  const pump = (): boolean => {
    if (!isOnline() || !wire()) return false
    const entries = outbox.due(clock.now().mono, BACKLOG_ENTRIES)
    if (entries.length === 0) return false
    say('backlog', { entries: entries.map(({ topic, message }) => ({ topic, message })) }, false)
    return true
  }

  /** The coordinator heard nothing while one of the two was gone. */
  const catchUp = (): void => {
    outbox.resend(EVERYTHING)
    if (!pump()) clock.after(READ_WITHIN, pump)
  }

  const takeWish = createWishTaker(options, {
    refuse: (kind, reason) => refuse({ id: kind, verb: 'want' }, reason),
    sayBirth,
  })

  return {
    greet,
    hear(topic, payload, retained) {
      const heard = inbound(topic, payload)
      switch (heard.kind) {
        case 'ack':
          options.onSignOfLife({ ...heard.message, state: 'online', retained })
          epochClock = learnEpoch(epochClock, heard.message, clock.now().mono)
          options.onTime(fromRfc3339(heard.message.at))
          return settle(heard.message)
        case 'coordinator': {
          const fault = keys.faultOf(heard.message)
          if (fault) return refuse({ id: '$coord/state', verb: 'state' }, fault)
          options.onSignOfLife({ ...heard.message, retained })
          const { state, epoch, at } = heard.message
          if (state === 'online') options.onTime(fromRfc3339(at))
          const back = state === 'online' && (!isOnline() || epochClock?.epoch !== epoch)
          epochClock = learnEpoch(epochClock, heard.message, clock.now().mono)
          onlineIn = state === 'online' ? options.connection() : null
          if (back) catchUp()
          return
        }
        case 'lease':
          options.onSignOfLife({ ...heard.message, state: 'online', retained })
          if (epochClock === null || heard.message.epoch >= epochClock.epoch) options.onLease(heard.message)
          return
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
    pump,
    leave: (state) => say('$state', { state, connection: options.connection() }, true),
  }
}

/** How soon a next piece of the backlog follows, and how often it is looked for one: waking is most of what a quiet agent does. */
export const PUMP_EVERY = milliseconds(1000)
export const PUMP_IDLE = milliseconds(5000)
