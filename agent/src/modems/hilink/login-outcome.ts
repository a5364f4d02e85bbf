import { hours, minutes, type MonoMs } from '@infra-home/shared/clock.ts'
import { describeHilinkCode, HILINK_CODE } from '../../parse/hilink-answer.ts'
import type { PasswordTrust } from '../web/password-trust.ts'
import type { HilinkReply } from './session.ts'

export type LoginOutcome =
  | { readonly kind: 'in' }
  /** Nobody gave us a password. */
  | { readonly kind: 'no-password' }
  | { readonly kind: 'failed'; readonly cause: string }
  /** The device was busy, silent or garbled before any password was looked at. */
  | { readonly kind: 'unanswered'; readonly reply: HilinkReply }

export const failed = (cause: string): LoginOutcome => ({ kind: 'failed', cause })

/** Codes that are a word about the user name or the password. */
const JUDGED: ReadonlySet<number> = new Set<number>([
  HILINK_CODE.unknownUser,
  HILINK_CODE.wrongPassword,
  HILINK_CODE.wrongUserOrPassword,
  HILINK_CODE.mustChangePassword,
])

/** Codes after which the device has not looked at the password. */
const NOT_LOOKED_AT: ReadonlySet<number> = new Set<number>([
  HILINK_CODE.wrongToken,
  HILINK_CODE.wrongSession,
  HILINK_CODE.wrongSessionToken,
  HILINK_CODE.busy,
])

/** How long somebody else at the device's page is left alone, and a device that is locked. */
const PEACE = minutes(1)
const LOCK = hours(1)

/** What the device's answer to a password means, now and for the next time. */
export const outcomeOfLogin = async (
  reply: HilinkReply,
  trust: PasswordTrust,
  now: MonoMs,
): Promise<LoginOutcome> => {
  if (reply.kind === 'fields') {
    await trust.accepted()
    return { kind: 'in' }
  }
  if (isUnseen(reply)) {
    await trust.unseen()
    return { kind: 'unanswered', reply }
  }
  if (reply.kind !== 'refused') return failed(await trust.lost(now))
  const cause = describeHilinkCode(reply.code)
  if (JUDGED.has(reply.code)) return failed(await trust.refused(cause))
  if (reply.code === HILINK_CODE.alreadyLoggedIn) return failed(await trust.wait(now, PEACE, cause))
  // The last try before the lock is answered as the lock is.
  return failed(await trust.lost(now, cause, reply.code === HILINK_CODE.tooManyTries ? LOCK : undefined))
}

/** What the device's refusal of a SCRAM challenge means, for which it has been shown nothing. */
export const outcomeOfChallenge = async (
  reply: HilinkReply,
  trust: PasswordTrust,
  now: MonoMs,
): Promise<LoginOutcome> => {
  if (reply.kind !== 'refused' || NOT_LOOKED_AT.has(reply.code)) return { kind: 'unanswered', reply }
  const patience = reply.code === HILINK_CODE.tooManyTries ? LOCK : PEACE
  return failed(await trust.wait(now, patience, describeHilinkCode(reply.code)))
}

const isUnseen = (reply: HilinkReply): boolean =>
  (reply.kind === 'silent' && reply.unsent) || (reply.kind === 'refused' && NOT_LOOKED_AT.has(reply.code))
