import type { DurationMs } from '@infra-home/shared/clock.ts'
import type { StateBody, StateKey, StateKind } from '@infra-home/shared/messages/states.ts'
import type { Numbers } from '@infra-home/shared/messages/tm.ts'
import type { Sys } from '../sys/sys.ts'

/** What the kernel's monitor says has changed. */
export type KernelSubject = 'link' | 'address' | 'route' | 'rule'

export type ObservedState = {
  [K in StateKind]: { readonly kind: K; readonly id: string; readonly body: StateBody[K] }
}[StateKind]

/** What one look at the system gave. */
export type Reading = {
  readonly states: readonly ObservedState[]
  readonly numbers: Readonly<Record<StateKey, Numbers>>
  /** Kinds of which `states` is the whole list: what was there before and is not in it is gone. */
  readonly whole: readonly StateKind[]
}

/**
 * One thing that is looked at. `collect` reads through `sys` and parses with pure functions of ../parse; what it cannot
 * know is null; it throws only when nothing can be said, which then is a reading too (state/collector/<name>).
 */
export type Collector = {
  readonly name: string
  /** How often to look: on every sample of the agent's cadence, or at a slower pace of its own. */
  readonly pace: 'sample' | DurationMs
  /** Kernel events after which to look at once. */
  readonly wakesOn: readonly KernelSubject[]
  collect(sys: Sys): Promise<Reading>
}
