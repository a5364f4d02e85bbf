import { type Clock, days } from '@infra-home/shared/clock.ts'
import { describeError } from '@infra-home/shared/errors.ts'
import type { Log } from '@infra-home/shared/log.ts'
import type { Refusal } from '@infra-home/shared/messages/res.ts'
import { SMS_ALLOWED, smsCapability, smsNumberCapability } from '@infra-home/shared/sms/capability.ts'
import { isPhoneNumber } from '@infra-home/shared/sms/number.ts'
import { fitsInto } from '@infra-home/shared/sms/short-text.ts'
import type { Outcome, Refused } from './commands/refused.ts'
import type { Modem, ShortMessage } from './modems/modem.ts'
import { readJson, writeJson } from './small-file.ts'
import type { Disk } from './sys/sys.ts'
import { turnstile } from './turnstile.ts'

export const SMS_FILE = 'sms.json'

/** What the owner of this machine lets its coordinator spend; null: nothing. */
export type SmsAllowance = {
  /** The only numbers that are written to; null: any. */
  readonly to: readonly string[] | null
  readonly maxPerDay: number
}

const MOST_PARTS = 5
/** No allowance is larger: what is on record is what was sent within a day. */
export const MOST_PER_DAY = 100

/** One command's message: begun, and then what became of it. `at` is wall time in milliseconds. */
type Sent = {
  readonly command: string
  readonly at: number
  readonly outcome: 'begun' | 'done' | Refusal
  /** What the modem said when it failed. */
  readonly detail?: string
}

export type ShortMessages = {
  /**
   * Sends a text by a modem, once for a command however often it comes, also after a restart. Null when the network has taken it.
   */
  send(command: string, args: Readonly<Record<string, unknown>>): Promise<Outcome>
  /** What of this the coordinator may count on, for the birth. */
  readonly capabilities: readonly string[]
}

export type ShortMessageOptions = {
  readonly clock: Clock
  readonly disk: Disk
  readonly modems: ReadonlyMap<string, Modem>
  readonly allowance: SmsAllowance | null
  readonly log: Log
}

/** Opens the book of short messages. */
export const openShortMessages = async (options: ShortMessageOptions): Promise<ShortMessages> => {
  const { clock, disk, modems, allowance, log } = options
  let book = await readJson<readonly Sent[]>(disk, SMS_FILE, [])
  const underWay = new Map<string, Promise<Outcome>>()
  const inTurn = turnstile() // modems tell of the last message alone what became of it

  const note = async (entry: Sent): Promise<void> => {
    book = [...book.filter(({ command }) => command !== entry.command), entry].slice(-MOST_PER_DAY)
    // On a full disk it is sent all the same: it may be of the disk that somebody is to be told.
    await writeJson(disk, SMS_FILE, book).catch((error: unknown) =>
      log('error', 'could not note a short message', { error: describeError(error) }),
    )
  }

  const begin = async (command: string, order: Order): Promise<Outcome> => {
    const at = clock.now().wall
    book = book.map((sent) => (sent.at > at ? { ...sent, at } : sent)) // a clock that was put back gives nothing back
    if (isSpent(book, allowance, at)) return 'too-many'
    await note({ command, at, outcome: 'begun' })
    const failed = await hand(order, log)
    await note(
      failed
        ? { command, at, outcome: failed.reason, detail: failed.detail }
        : { command, at, outcome: 'done' },
    )
    return failed
  }

  const send = async (command: string, args: Readonly<Record<string, unknown>>): Promise<Outcome> => {
    const known = book.find((sent) => sent.command === command)
    if (known) return wordOf(known)
    const order = orderOf(args, options)
    return typeof order === 'string' || 'reason' in order ? order : begin(command, order)
  }

  return {
    capabilities: allowance ? capabilitiesOf(allowance, modems) : [],
    send(command, args) {
      const task = underWay.get(command) ?? inTurn(() => send(command, args))
      underWay.set(command, task)
      return task.finally(() => underWay.delete(command))
    },
  }
}

const capabilitiesOf = ({ to }: SmsAllowance, modems: ShortMessageOptions['modems']): string[] => [
  SMS_ALLOWED,
  ...[...modems].flatMap(([id, { sendSms }]) => (sendSms ? [smsCapability(id)] : [])),
  ...(to ?? []).map(smsNumberCapability),
]

/** What begun and never ended may have been sent or not: it is not tried again. */
const wordOf = ({ outcome, detail }: Sent): Outcome => {
  if (outcome === 'done') return null
  if (outcome === 'begun') return 'interrupted'
  return detail === undefined ? outcome : { reason: outcome, detail }
}

type Order = ShortMessage & { readonly by: Required<Pick<Modem, 'sendSms'>> }

/** What is to be sent by which modem, or why it is not. Pure. */
const orderOf = (
  { modem, to, text }: Readonly<Record<string, unknown>>,
  { modems, allowance }: Pick<ShortMessageOptions, 'modems' | 'allowance'>,
): Order | Refusal | Refused => {
  if (typeof modem !== 'string' || typeof to !== 'string' || typeof text !== 'string') return 'malformed'
  if (!isPhoneNumber(to) || text === '' || !fitsInto(text, MOST_PARTS)) return 'malformed'
  if (!allowance) return 'sms-off'
  if (allowance.to?.includes(to) === false) return 'not-allowed'
  const by = modems.get(modem)
  if (!by) return { reason: 'no-such-modem', detail: `it has ${[...modems.keys()].join(', ') || 'none'}` }
  return canSend(by) ? { by, to, text } : 'unable'
}

const canSend = (modem: Modem): modem is Modem & Required<Pick<Modem, 'sendSms'>> =>
  modem.sendSms !== undefined

const isSpent = (book: readonly Sent[], allowance: SmsAllowance | null, now: number): boolean =>
  book.filter(({ at }) => now - at < days(1)).length >= (allowance?.maxPerDay ?? 0)

/** A modem that fails in whatever way has not said that the network took it. */
const hand = async ({ by, to, text }: Order, log: Log): Promise<Refused | null> => {
  try {
    await by.sendSms({ to, text })
    return null
  } catch (error) {
    const detail = describeError(error)
    log('warn', 'a short message was not sent', { error: detail })
    return { reason: 'failed', detail }
  }
}
