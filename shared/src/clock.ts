/** Milliseconds since 1970-01-01 UTC: for people and records. It may jump either way. */
export type WallMs = number & { readonly clock: 'wall' }

/** Milliseconds since this machine booted, suspend included (CLOCK_BOOTTIME): for durations. Never goes back. */
export type MonoMs = number & { readonly clock: 'mono' }

/** A length of time in milliseconds. */
export type DurationMs = number & { readonly clock: 'duration' }

export const wallMs = (ms: number): WallMs => ms as WallMs
export const monoMs = (ms: number): MonoMs => ms as MonoMs
export const milliseconds = (n: number): DurationMs => n as DurationMs
export const seconds = (n: number): DurationMs => (n * 1000) as DurationMs
export const minutes = (n: number): DurationMs => (n * 60_000) as DurationMs
export const hours = (n: number): DurationMs => (n * 3_600_000) as DurationMs
export const days = (n: number): DurationMs => (n * 86_400_000) as DurationMs

/** How long from `from` to `to`; negative when `to` is the earlier. */
export const elapsed = (from: MonoMs, to: MonoMs): DurationMs => (to - from) as DurationMs
export const later = (from: MonoMs, by: DurationMs): MonoMs => (from + by) as MonoMs
export const wallLater = (from: WallMs, by: DurationMs): WallMs => (from + by) as WallMs

/** RFC 3339 in UTC with milliseconds. */
export const rfc3339 = (at: WallMs): string => {
  if (at !== written.at) written = { at, text: new Date(at).toISOString() }
  return written.text
}

/** What was written last: under load the same millisecond is asked for dozens of times, and writing it is dear. */
let written = { at: 0, text: '1970-01-01T00:00:00.000Z' }

/** @throws RangeError when `text` is no date. */
export const fromRfc3339 = (text: string): WallMs => {
  const ms = Date.parse(text)
  if (Number.isNaN(ms)) throw new RangeError(`not an RFC 3339 time: ${JSON.stringify(text)}`)
  return wallMs(ms)
}

/** Both clocks at one instant. */
export type Instant = { readonly wall: WallMs; readonly mono: MonoMs }

export type CancelTimer = () => void

/** The only way in which a program of ours sees time pass; tests have one that they turn by hand. */
export type Clock = {
  now(): Instant
  /** Calls `fn` once after `delay`; the timer does not keep the process alive. */
  after(delay: DurationMs, fn: () => void): CancelTimer
}

/** Resolves after `delay` on `clock`. */
export const sleep = (clock: Clock, delay: DurationMs): Promise<void> =>
  new Promise((resolve) => {
    clock.after(delay, resolve)
  })

/** Calls `fn` every `period` until cancelled; the next call is set before `fn` runs, so `fn` may cancel it. */
export const every = (clock: Clock, period: DurationMs, fn: () => void): CancelTimer => {
  let cancel: CancelTimer = () => {}
  const arm = (): void => {
    cancel = clock.after(period, () => {
      arm()
      fn()
    })
  }
  arm()
  return () => cancel()
}
