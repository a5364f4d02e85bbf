import type { Step } from '../decide/decision.ts'

/** A step that was decided and has no end yet: at start-up it is looked at again before it is done again. */
export type OpenStep = {
  readonly id: string
  readonly step: Step
  readonly decidedBy: string
  /** The entry that says it was begun; null while it has not been. */
  startedBy: string | null
}

/** The name of the `index`-th step of a decision. */
export const stepId = (decision: string, index: number): string => `${decision}.${index}`

/** The decision of which a step is. */
export const decisionOf = (step: string): string => step.slice(0, step.indexOf('.'))
