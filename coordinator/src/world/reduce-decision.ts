import { elapsed, type Instant, type MonoMs } from '@infra-home/shared/clock.ts'
import { spanText } from '@infra-home/shared/span-text.ts'
import type { AlertStage } from '../alerts/machine.ts'
import type { AlertDecision, Decision } from '../decide/decision.ts'
import type { AlertFact } from './alert.ts'
import { dropAlert, keepAlert } from './alerts-kept.ts'
import { rested } from './channel-fact.ts'
import { pastOf } from './come-back.ts'
import { contactsTold } from './contacts-told.ts'
import { type DeliveryEvent, owedDelivery } from './delivery.ts'
import { isBroken, LINE } from './line.ts'
import type { NodePresence, NodeWorld } from './node.ts'
import { reduceWanDecision } from './reduce-wan.ts'
import { reduceTetherDecision } from './tether.ts'
import { stepId } from './step.ts'
import type { World } from './world.ts'

/** How many resolved alerts the world remembers; the journal remembers all of them for 400 days. */
const RESOLVED_KEPT = 200

type At = { readonly id: string; readonly now: Instant }

/** Takes a decision into the world: what was decided is true from then on, whether or not its steps succeed. */
export const reduceDecision = (world: World, decision: Decision, at: At): void => {
  decision.steps.forEach((step, i) => {
    const id = stepId(at.id, i)
    world.steps[id] = { id, step, decidedBy: at.id, startedBy: null }
  })
  switch (decision.policy) {
    case 'presence': {
      const node = world.nodes[decision.node]
      if (node) changePresence(node, decision.to, at.now)
      return
    }
    case 'rebirth': {
      const node = world.nodes[decision.node]
      if (!node) return
      node.askedRebirthAt = at.now.mono
      node.generations.rebirth = (node.generations.rebirth ?? 0) + 1
      return
    }
    case 'alerts':
      return reduceAlert(world, decision, at)
    case 'wan': {
      const { node: name, from, to, reason } = decision
      const node = world.nodes[name]
      if (node) node.generations['switch-uplink'] = (node.generations['switch-uplink'] ?? 0) + 1
      return reduceWanDecision(world.wan, { from, to, reason }, at)
    }
    case 'tether': {
      const node = world.nodes[decision.node]
      if (node && decision.steps.length > 0) node.generations.tether = (node.generations.tether ?? 0) + 1
      return reduceTetherDecision(world.wan, decision, at)
    }
    case 'deliveries':
      for (const step of decision.steps) {
        if (step.kind !== 'notify') continue
        for (const id of step.deliveries) {
          const delivery = world.deliveries[id]
          if (delivery) Object.assign(delivery, { status: 'sending', triedBy: at.id })
        }
      }
  }
}

/** Whoever is found awake is not asleep, whatever it said last. */
const changePresence = (node: NodeWorld, to: NodePresence, { wall, mono }: Instant): void => {
  node.presence = to
  node.sleepingSince = to === 'sleeping' ? { wall, mono } : null
  if (to !== 'sleeping' && node.said === 'sleeping') node.said = 'ready'
}

const STAGE_AFTER: Record<AlertDecision['reason'], AlertStage> = {
  suspected: 'pending',
  dropped: 'inactive',
  fired: 'firing',
  recovering: 'recovering',
  relapsed: 'firing',
  resolved: 'inactive',
  surfaced: 'firing',
  escalated: 'firing',
  repeated: 'firing',
}

/** What says nothing of how long it has been where it is. */
const GOES_ON: ReadonlySet<AlertDecision['reason']> = new Set(['surfaced', 'escalated', 'repeated'])

const reduceAlert = (world: World, decision: AlertDecision, at: At): void => {
  const alert = world.alerts[decision.key] ?? keepAlert(world, newAlert(world, decision, at))
  const contacts = contactsTold(decision)
  alert.stage = STAGE_AFTER[decision.reason]
  if (!GOES_ON.has(decision.reason)) alert.stageSince = at.now.mono
  alert.cause = decision.cause
  alert.text = decision.text
  alert.decision = at.id
  alert.evidence = decision.evidence
  if (decision.reason === 'fired') {
    alert.firedAt = at.now.wall
    alert.firedMono = at.now.mono
  }
  if (isNews(decision)) {
    if (isNewTo(alert, decision)) alert.newsAt = at.now.mono
    alert.told = [...(alert.told ?? []), ...contacts]
    alert.explainedBy = decision.explainedBy ?? null // a journal of before knew neither
    alert.silencedBy = decision.silencedBy ?? null
  }
  if (decision.reason === 'escalated') alert.told = [...(alert.told ?? []), ...contacts]
  if (contacts.length > 0) alert.toldAt = at.now.mono
  if (alert.stage === 'inactive') dropAlert(world, alert)
  if (decision.reason === 'resolved') {
    alert.resolvedAt = at.now.wall
    world.resolved.push(alert)
    if (world.resolved.length > RESOLVED_KEPT) world.resolved.shift()
  }
  if (decision.code === LINE && !isBroken(alert)) tryAgain(world)
  owe(world, alert, decision, at)
}

const newAlert = (world: World, decision: AlertDecision, at: At): AlertFact => ({
  key: decision.key,
  id: at.id,
  code: decision.code,
  severity: decision.severity,
  node: decision.node,
  subject: decision.subject,
  stage: 'inactive',
  cause: decision.cause,
  text: decision.text,
  stageSince: at.now.mono,
  since: at.now.wall,
  firedAt: null,
  firedMono: null,
  resolvedAt: null,
  decision: at.id,
  evidence: [],
  told: null,
  toldAt: null,
  silencedBy: null,
  explainedBy: null,
  ...pastOf(world, decision.key, at.now.mono),
})

/** What came back, or is known to others, is no news because one more hears of it: nobody gains time by that. */
const isNewTo = ({ told, newsAt }: AlertFact, { reason }: AlertDecision): boolean =>
  newsAt === null || (reason === 'surfaced' && !told?.length)

/** It is on, and people may have to be told. */
const isNews = ({ reason }: AlertDecision): boolean => reason === 'fired' || reason === 'surfaced'

/** What has to be told of a decision, in one word; null for what nobody is told. */
const EVENTS: Readonly<Record<AlertDecision['reason'], DeliveryEvent | null>> = {
  suspected: null,
  dropped: null,
  recovering: null,
  relapsed: null,
  fired: 'fired',
  surfaced: 'fired',
  escalated: 'escalated',
  repeated: 'repeated',
  resolved: 'resolved',
}

const owe = (world: World, alert: AlertFact, decision: AlertDecision, at: At): void => {
  const event = EVENTS[decision.reason]
  if (event === null) return
  const { key: alertKey, id: alertId, severity } = alert
  const title = titleOf(alert, event, { now: at.now, listeningSince: world.listeningSince })
  for (const contact of contactsTold(decision)) {
    const delivery = owedDelivery(
      { contact, alertKey, alertId, event, title, text: decision.text, severity, by: at.id },
      at.now,
    )
    world.deliveries[delivery.id] = delivery
  }
}

type Telling = { readonly now: Instant; readonly listeningSince: MonoMs }

const titleOf = (alert: AlertFact, event: DeliveryEvent, telling: Telling): string => {
  const { now } = telling
  const what = `${alert.code} on ${placeOf(alert)}`
  const lasted = spanText(onFor(alert, telling))
  if (event === 'resolved') return `Resolved after ${lasted}: ${what}`
  if (event === 'escalated')
    return `Nobody has acknowledged for ${spanText(elapsed(alert.newsAt ?? now.mono, now.mono))}: ${what}`
  return event === 'repeated' ? `Still on after ${lasted}: ${what}` : what
}

/** The monotonic clock stands still while the machine is off: of what began before our start the wall's knows more, if it is right. */
const onFor = (
  { firedAt, firedMono }: AlertFact,
  { listeningSince, now: { wall, mono } }: Telling,
): number => {
  const counted = elapsed(firedMono ?? mono, mono)
  const isOfThisRun = firedMono !== null && firedMono >= listeningSince
  return isOfThisRun ? counted : Math.max(counted, wall - (firedAt ?? wall))
}

/** The line is back: no channel rests because of what it did without. */
const tryAgain = (world: World): void => {
  for (const [name, channel] of Object.entries(world.channels)) world.channels[name] = rested(channel)
}

const placeOf = ({ node, subject }: AlertFact): string => (subject === node ? node : `${node} (${subject})`)
