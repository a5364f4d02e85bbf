import { type DurationMs, hours, milliseconds, seconds, type WallMs } from '@infra-home/shared/clock.ts'

/** Nobody is left alone for longer: what people are owed would be of no use any more. */
const LONGEST = hours(1)

/**
 * How long an answer asks us to wait (RFC 9110 §10.2.3): seconds, with a fraction as Discord has them, or a date, which is
 * taken against the answer's own date since our clock may be wrong. Null when it asks for nothing that can be read.
 * @param now for an answer without a date
 */
export const retryAfter = (
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
  now: WallMs,
): DurationMs | null => {
  const asked = headers['retry-after']
  if (typeof asked !== 'string') return null
  if (/^\d+(\.\d+)?$/.test(asked.trim())) return withinReason(seconds(Number(asked)))
  if (!/^[A-Z][a-z]{2}, /.test(asked)) return null
  const sent = Date.parse(String(headers['date']))
  const ms = Date.parse(asked) - (Number.isNaN(sent) ? now : sent)
  return Number.isNaN(ms) ? null : withinReason(milliseconds(ms))
}

export const withinReason = (wait: DurationMs): DurationMs =>
  milliseconds(Math.ceil(Math.min(LONGEST, Math.max(0, wait))))
