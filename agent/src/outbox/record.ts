import type { OwedSession } from '@infra-home/shared/messages/birth.ts'
import type { Gap, Mark, StoredEntry } from './entry.ts'

/**
 * What a record of a segment says.
 * `segment` opens each file: all in it lies after `floor`, and the file before it is good up to `after.bytes`, whatever
 * a failed write has left behind there. `owed` is a hint: what was below it is settled. It saves sending again after
 * a crash, and it is only written with something that is written anyway.
 */
export type RecordPayload =
  | ({ readonly kind: 'entry'; readonly mark: Mark; readonly gap: Gap | null } & StoredEntry)
  | { readonly kind: 'segment'; readonly floor: Mark; readonly after: SealedBefore | null }
  | { readonly kind: 'owed'; readonly owed: readonly OwedSession[] }

export type SealedBefore = { readonly segment: number; readonly bytes: number }

export const entryJson = (topic: string, message: object): string => JSON.stringify({ topic, message })
export const segmentJson = (floor: Mark, after: SealedBefore | null): string =>
  JSON.stringify({ segment: { floor, after } })
export const owedJson = (owed: readonly OwedSession[]): string => JSON.stringify({ owed })

/** What a record says; null when it is none of ours. */
export const readPayload = (value: unknown): RecordPayload | null => {
  if (!isObject(value)) return null
  const { topic, message, segment, owed } = value
  if (typeof topic === 'string' && isObject(message) && isMark(message))
    return { kind: 'entry', mark: message, gap: gapIn(topic, message), topic, message }
  if (isObject(segment) && isMark(segment['floor'], 0)) {
    const { floor, after } = segment
    return { kind: 'segment', floor, after: isSealed(after) ? after : null }
  }
  if (Array.isArray(owed)) return { kind: 'owed', owed: owed.filter(isOwed) }
  return null
}

/** The range that a gap marker tells of; null for any other message. */
export const gapIn = (topic: string, message: object): Gap | null => {
  if (!topic.endsWith('/event/gap')) return null
  const body: unknown = (message as { body?: unknown }).body
  const whole = isObject(body) && [body['session'], body['from'], body['to']].every((n) => isCount(n, 1))
  return whole && typeof body['reason'] === 'string' ? (body as Gap) : null
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isCount = (value: unknown, least: number): value is number =>
  Number.isSafeInteger(value) && (value as number) >= least

const isMark = (value: unknown, least = 1): value is Mark =>
  isObject(value) && isCount(value['session'], 1) && isCount(value['seq'], least)

const isSealed = (value: unknown): value is SealedBefore =>
  isObject(value) && isCount(value['segment'], 1) && isCount(value['bytes'], 0)

const isOwed = (value: unknown): value is OwedSession =>
  isObject(value) && isCount(value['session'], 1) && isCount(value['from'], 1)
