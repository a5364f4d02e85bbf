import type { Instant } from '@infra-home/shared/clock.ts'
import type { ResMessage } from '@infra-home/shared/messages/res.ts'
import { isOfErrand } from '../alerts/errand.ts'
import type { Step } from '../decide/decision.ts'
import { channelAfter, NEW_CHANNEL } from './channel-fact.ts'
import type { DeliveryFact } from './delivery.ts'
import type { EntryBodies, StepOutcome } from './input.ts'
import { isLastWayOf } from './last-way-of.ts'
import { reduceWanStep } from './reduce-wan.ts'
import { spareOwed } from './spare.ts'
import type { World } from './world.ts'

/** Deliveries that are over are remembered for the API until this many are. */
const DELIVERIES_KEPT = 400

export const reduceStepStarted = (world: World, body: EntryBodies['step-started'], by: string): void => {
  const open = world.steps[body.id]
  if (open) open.startedBy = by
}

/** Closes a step; what it was to settle is settled, or due again. */
export const reduceStepFinished = (
  world: World,
  { id, outcome }: EntryBodies['step-finished'],
  { id: by, now }: { readonly id: string; readonly now: Instant },
): void => {
  const open = world.steps[id]
  delete world.steps[id]
  if (open?.step.kind === 'switch-uplink' && !outcome.ok)
    reduceWanStep(world, open.decidedBy, outcome.error, now)
  if (open?.step.kind !== 'notify') return
  const { step } = open
  const told = step.deliveries.flatMap((one) => world.deliveries[one] ?? [])
  for (const delivery of told) reduceAttempt(delivery, { step, outcome }, now)
  const attempts = Math.max(0, ...told.map((delivery) => delivery.attempts))
  const before = world.channels[step.channel] ?? NEW_CHANNEL
  world.channels[step.channel] = channelAfter(before, { outcome, attempts, by }, now)
  if (!outcome.ok) spareOwed(world, now) // what was under way when it was acknowledged
  forgetOldDeliveries(world)
}

type Attempt = { readonly step: Extract<Step, { kind: 'notify' }>; readonly outcome: StepOutcome }

const reduceAttempt = (delivery: DeliveryFact, { step, outcome }: Attempt, { wall }: Instant): void => {
  delivery.attempts++
  delivery.tried = [...delivery.tried.filter((one) => one !== step.channel), step.channel]
  if (outcome.ok) {
    delivery.status = 'sent'
    delivery.sentAt = wall
    delivery.answer = outcome.answer
    return
  }
  const { retryable, unsent = false } = outcome
  if (!unsent && retryable) delivery.isInDoubt = true // a refusal for good is a clear no
  if (!retryable) delivery.refusedBy = [...delivery.refusedBy, step.channel]
  delivery.status = retryable || !isLastWayOf(step, delivery.id) ? 'due' : 'gave-up'
  delivery.answer = outcome.error
}

/** A node says after all that a command was done that an attempt was waiting for in vain: what is due still is so no more. */
export const reduceLateWord = (world: World, { command, outcome }: ResMessage, now: Instant): void => {
  if (outcome !== 'done') return
  for (const delivery of Object.values(world.deliveries))
    if (delivery.status === 'due' && delivery.triedBy !== null && isOfErrand(command, delivery.triedBy)) {
      delivery.status = 'sent'
      delivery.sentAt = now.wall
      delivery.answer = 'done, said late'
    }
}

const forgetOldDeliveries = (world: World): void => {
  const over = Object.values(world.deliveries).filter((d) => d.status !== 'due' && d.status !== 'sending')
  for (const { id } of over.slice(0, Math.max(0, over.length - DELIVERIES_KEPT))) delete world.deliveries[id]
}
