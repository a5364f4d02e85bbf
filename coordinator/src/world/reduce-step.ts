import { type Instant, later, milliseconds } from '@infra-home/shared/clock.ts'
import type { ResMessage } from '@infra-home/shared/messages/res.ts'
import { isOfErrand } from '../alerts/errand.ts'
import type { EntryBodies } from './input.ts'
import { reduceWanStep } from './reduce-wan.ts'
import { spareOwed } from './spare.ts'
import type { World } from './world.ts'

/** Waits between attempts double from the first to the longest: long enough for a metered line, short for a person. */
const FIRST_RETRY_MS = 5_000
const LONGEST_RETRY_MS = 300_000

/** Deliveries that are over are remembered for the API until this many are. */
const DELIVERIES_KEPT = 400

/** As many as the most that a channel may have an hour. */
const SENT_KEPT = 60

export const reduceStepStarted = (world: World, body: EntryBodies['step-started'], by: string): void => {
  const open = world.steps[body.id]
  if (open) open.startedBy = by
}

/** Closes a step; what it was to settle is settled, or due again after a while. */
export const reduceStepFinished = (world: World, body: EntryBodies['step-finished'], now: Instant): void => {
  const open = world.steps[body.id]
  delete world.steps[body.id]
  if (open?.step.kind === 'switch-uplink' && !body.outcome.ok)
    reduceWanStep(world, open.decidedBy, body.outcome.error, now)
  if (open?.step.kind !== 'notify') return
  const { channel, deliveries, hasOther } = open.step
  if (body.outcome.ok || !body.outcome.unsent)
    world.sent[channel] = [...(world.sent[channel] ?? []), now.mono].slice(-SENT_KEPT)
  for (const id of deliveries) {
    const delivery = world.deliveries[id]
    if (!delivery) continue
    delivery.attempts++
    delivery.channel = channel
    if (body.outcome.ok) {
      delivery.status = 'sent'
      delivery.sentAt = now.wall
      delivery.answer = body.outcome.answer
    } else {
      const { retryable, unsent = false, interrupted = false, retryAfterMs } = body.outcome
      if (!unsent && retryable) delivery.isInDoubt = true // a refusal for good is a clear no
      if (!retryable) delivery.refusedBy = [...delivery.refusedBy, channel]
      delivery.status = retryable || hasOther ? 'due' : 'gave-up'
      const wait = interrupted ? resumeDelay(delivery.attempts) : retryDelay(delivery.attempts, retryAfterMs)
      delivery.nextAt = later(now.mono, wait)
      delivery.answer = body.outcome.error
    }
  }
  if (!body.outcome.ok) spareOwed(world, now) // what was under way when it was acknowledged
  forgetOldDeliveries(world)
}

/** @param asked what the other side wants at least */
const retryDelay = (attempts: number, asked = 0) => {
  const ours = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(20, attempts - 1))
  return milliseconds(Math.max(asked, ours))
}

/** What our own end came between is sent again at once, unless that happens again and again: it may be what ends us. */
const resumeDelay = (attempts: number) => milliseconds(attempts <= INTERRUPTIONS ? 0 : FIRST_RETRY_MS)
const INTERRUPTIONS = 3

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
