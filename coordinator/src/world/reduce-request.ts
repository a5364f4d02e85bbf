import type { Instant } from '@infra-home/shared/clock.ts'
import type { Request } from './input.ts'
import { contactsTold } from './contacts-told.ts'
import { owedDelivery } from './delivery.ts'
import { newNode } from './node.ts'
import { reduceWanRequest } from './reduce-wan.ts'
import { spareOwed } from './spare.ts'
import { forgetUnwatched, watchesOf } from './watch.ts'
import type { World } from './world.ts'

/** Takes what a person asked for into the world. */
export const reduceRequest = (
  world: World,
  request: Request,
  at: { readonly id: string; readonly now: Instant },
): void => {
  const { now } = at
  switch (request.request) {
    case 'acknowledge': {
      const alert = world.alerts[request.alertKey]
      if (alert) alert.acknowledged ??= { by: request.by, at: now.wall }
      return spareOwed(world, now)
    }
    case 'silence':
      world.silences[request.silence.id] = request.silence
      forgetOverSilences(world, now)
      return spareOwed(world, now)
    case 'unsilence':
      delete world.silences[request.id]
      return
    case 'set-rules': {
      world.ownRules = { rules: request.rules, by: at.id }
      const watches = watchesOf(request.rules)
      for (const node of Object.values(world.nodes)) forgetUnwatched(node, watches)
      return
    }
    case 'tell': {
      const { about: event, title, text, severity = 'info' } = request
      for (const contact of contactsTold(request)) {
        const what = {
          contact,
          event,
          title,
          text,
          severity,
          alertKey: null,
          alertId: null,
          by: at.id,
        }
        const delivery = owedDelivery(what, now)
        world.deliveries[delivery.id] = delivery
      }
      return
    }
    case 'hold-wan':
      return reduceWanRequest(world, { kind: 'hold', hold: request.hold }, at)
    case 'release-wan':
      return reduceWanRequest(world, { kind: 'release' }, at)
    case 'end-switch-wan':
      return reduceWanRequest(world, { kind: 'end-override' }, at)
    case 'switch-wan':
      return reduceWanRequest(world, { kind: 'override', override: request.override }, at)
    case 'test-channel':
    case 'create-token':
    case 'prepare-signing-key':
    case 'retire-signing-key':
    case 'revoke-token':
    case 'refuse-tokens':
    case 'open-enrolment':
    case 'withdraw-enrolment':
    case 'renew':
    case 'refuse-identity':
    case 'restore-trust':
    case 'approvers':
      return
    case 'enrol': {
      const node = world.nodes[request.node]
      if (node?.presence === 'revoked') node.presence = node.lastSeen ? 'lost' : 'never-seen'
      return
    }
    case 'revoke-node': {
      const node = world.nodes[request.node]
      if (node) node.presence = 'revoked'
      return
    }
    case 'forget-node': {
      const node = world.nodes[request.node]
      if (node?.planned) world.nodes[request.node] = newNode(request.node, true, node.alwaysOn)
      else delete world.nodes[request.node]
    }
  }
}

/** A silence that ended a day ago is of no more interest here. */
const forgetOverSilences = (world: World, now: Instant): void => {
  for (const silence of Object.values(world.silences))
    if (silence.until < now.wall - 86_400_000) delete world.silences[silence.id]
}
