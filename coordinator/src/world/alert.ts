import type { MonoMs, WallMs } from '@infra-home/shared/clock.ts'
import type { AlertStage } from '../alerts/machine.ts'
import type { Severity } from '../alerts/rule.ts'

/** One alert that is on its way in, on, or on its way out; or one that was resolved. */
export type AlertFact = {
  /** `code:node:subject`: the same trouble has the same key each time. */
  readonly key: string
  /** The decision that first spoke of it: its name in the API. */
  readonly id: string
  readonly code: string
  readonly severity: Severity
  readonly node: string
  readonly subject: string
  stage: AlertStage
  cause: string
  text: string
  /** When the current stage began, by the monotonic clock. */
  stageSince: MonoMs
  readonly since: WallMs
  firedAt: WallMs | null
  /** The same by the monotonic clock. */
  firedMono: MonoMs | null
  resolvedAt: WallMs | null
  /** The newest decision about it. */
  decision: string
  /** Entries that its verdict rests on. */
  evidence: readonly string[]
  /** Contacts that were told that it fired, and will be told that it is over; null: it has not fired. */
  told: readonly string[] | null
  /** When it became news, and when anybody was told of it last; null for never. */
  newsAt: MonoMs | null
  toldAt: MonoMs | null
  /** The silence because of which nobody was told of it. */
  silencedBy: string | null
  /** The key of the alert that explained it when it fired: nobody was told of it for that reason. */
  explainedBy: string | null
  /** How often it came back soon after it was over; each time it has to be good for twice as long to be over again. */
  readonly relapses: number
  acknowledged: { readonly by: string; readonly at: WallMs } | null
}

export const isOn = (alert: AlertFact | undefined): boolean =>
  alert !== undefined && (alert.stage === 'firing' || alert.stage === 'recovering')
