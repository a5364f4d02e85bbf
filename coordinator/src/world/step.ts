import type { Step } from '../decide/decision.ts'

/** A step that was begun: at start-up, one without an end is looked at again before it is done again. */
export type OpenStep = { readonly id: string; readonly step: Step; readonly startedBy: string }
