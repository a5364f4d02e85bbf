import type { Clock } from '@infra-home/shared/clock.ts'
import { elapsed } from '@infra-home/shared/clock.ts'
import { describeError } from '@infra-home/shared/errors.ts'
import type { Channel, Publish } from '../alerts/channels/channel.ts'
import type { Command } from '../alerts/errand.ts'
import type { Step, StepKind } from '../decide/decision.ts'
import type { Draft } from '../mind.ts'
import type { SigningKeys } from '../trust/signing-keys.ts'
import type { StepOutcome } from '../world/input.ts'
import type { World } from '../world/world.ts'
import { askRebirth } from './actions/ask-rebirth.ts'
import { notify } from './actions/notify.ts'
import { orderTether } from './actions/order-tether.ts'
import { switchUplink } from './actions/switch-uplink.ts'

/** What executors may use. */
export type Means = {
  readonly world: World
  readonly clock: Clock
  readonly publish: Publish
  readonly sign: SigningKeys['sign']
  readonly channels: ReadonlyMap<string, Channel>
  readonly command: Command
  /** Resolves when what happened so far is on the disk, or cannot get there now. Never rejects. */
  readonly written: () => Promise<void>
}

/** Does one kind of step, without a choice of its own. */
export type Action<K extends StepKind> = {
  /** Does it; a refusal of the other side is an outcome, not an exception. */
  run(step: Extract<Step, { kind: K }>, means: Means, id: string): Promise<StepOutcome>
  /** What to make of one that was begun before a restart; `again` when doing it again is not doing it twice. */
  afterRestart(step: Extract<Step, { kind: K }>, means: Means): StepOutcome | 'again'
}

/** Every kind of step has its executor, or this does not compile. */
const ACTIONS: { readonly [K in StepKind]: Action<K> } = {
  'ask-rebirth': askRebirth,
  notify,
  'switch-uplink': switchUplink,
  'order-tether': orderTether,
}

const actionOf = <K extends StepKind>(kind: K): Action<K> => ACTIONS[kind]

/** Begins `step`, and tells the journal of its start and its end. Never rejects. */
export const perform = async (
  work: { readonly step: Step; readonly id: string; readonly decidedBy: string },
  means: Means,
  take: (draft: Draft) => { readonly id: string },
): Promise<void> => {
  const { step, id, decidedBy } = work
  await Promise.resolve() // the decision that asked for it is taken in first
  const started = take({ kind: 'step-started', cause: decidedBy, body: { id, kind: step.kind } })
  const begun = means.clock.now().mono
  const outcome = await run(step, means, id)
  const tookMs = elapsed(begun, means.clock.now().mono)
  take({ kind: 'step-finished', cause: started.id, body: { id, outcome, tookMs } })
}

const run = async (step: Step, means: Means, id: string): Promise<StepOutcome> => {
  try {
    return await actionOf(step.kind).run(step, means, id)
  } catch (error) {
    return { ok: false, error: describeError(error), retryable: true }
  }
}

/** Closes the steps that a restart interrupted, or goes on with them: each kind knows what that means. */
export const resumeSteps = (means: Means, take: (draft: Draft) => { readonly id: string }): void => {
  for (const { id, step, decidedBy, startedBy } of Object.values(means.world.steps)) {
    const outcome = actionOf(step.kind).afterRestart(step, means)
    if (outcome === 'again') void perform({ step, id, decidedBy }, means, take)
    else take({ kind: 'step-finished', cause: startedBy ?? decidedBy, body: { id, outcome, tookMs: 0 } })
  }
}
