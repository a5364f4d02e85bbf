import { isOfWan } from './world/is-of-wan.ts'
import { type CancelTimer, type Clock, every, milliseconds } from '@infra-home/shared/clock.ts'
import type { LeaseMessage } from '@infra-home/shared/messages/lease.ts'
import { formatTopic } from '@infra-home/shared/topics.ts'
import type { EntryStream } from './audit/stream.ts'
import { leaseOf } from './coordinator-words.ts'
import { routerNow } from './decide/wan-now.ts'
import { type WanPlan, wanWishOf } from './decide/wan-plan.ts'
import { eachBorn } from './each-born.ts'
import type { Voice } from './voice.ts'
import { stateOf } from './world/node.ts'
import type { World } from './world/world.ts'

/** How long the router leaves it to us without a word, and how often there is one: one may get lost. */
const LASTS = milliseconds(1000)
const EVERY = milliseconds(300)

/** Lets the router know its uplinks and what people want of them, and renews the lease while we rule and have heard all that it did. */
export const keepWan = (options: {
  readonly plan: WanPlan | null
  readonly world: World
  readonly clock: Clock
  readonly stream: EntryStream
  readonly wish: Voice['wish']
  readonly publish: Voice['publish']
}): CancelTimer => {
  const { plan, world, clock, stream, wish, publish } = options
  if (!plan) return () => {}
  const { node } = plan
  const say = (): void => wish(node, 'wan', wanWishOf(plan, world.wan.state))
  const born = eachBorn(options, (name) => {
    if (name === node) say()
  })
  const stopHearing = stream.subscribe(({ kind, body }) => {
    if (kind === 'request' && isOfWan(body)) queueMicrotask(say) // the world has it by then
  })
  const cancel = every(clock, EVERY, () => {
    const lease = leaseNow(world, plan, clock)
    if (lease) publish(formatTopic({ node, kind: 'lease' }), JSON.stringify(lease)).catch(() => {}) // there is another in a moment
  })
  return () => {
    cancel()
    stopHearing()
    born.stop()
  }
}

/** Null while we do not rule, or have not heard from this session of the router how it and the path of each uplink of the plan stand. */
const leaseNow = (world: World, { node, uplinks }: WanPlan, clock: Clock): LeaseMessage | null => {
  const router = world.nodes[node]
  const state = router && routerNow(router, world.listeningSince)
  if (!state || world.deposedBy !== null || router.said === 'lost') return null
  if (uplinks.some(({ id }) => stateOf(router, 'path', id)?.session !== router.session)) return null
  return leaseOf(world, clock, { node, session: router.session, term: state.term, lastsMs: LASTS })
}
