import type { WanRouterState } from '@infra-home/shared/messages/wan.ts'
import { briefly } from '../briefly.ts'
import { defaultBeforeOurs } from '../router/precedence.ts'
import { bothFaults, faultOf } from './fault-of.ts'
import type { HandParts } from './hand-parts.ts'
import { kernelFault } from './kernel-fault.ts'
import { activeIn } from './look-at-network.ts'
import { precedenceFault } from './precedence-fault.ts'
import type { RouterHandsOptions } from './router-hands.ts'
import { isMeantForIpv6 } from './ways-over-ipv6.ts'

type Fault = WanRouterState['fault']

export type KernelLook = {
  /** Never throws: a look that fails is a fault until one does not. */
  look(): Promise<void>
  /** What is not as it should be, the worst first; null for nothing. */
  fault(): Fault
}

/** Looks at the kernel, and puts right what is not as it should be. */
export const openKernelLook = (
  { sys, wish, lack, onLooked, onFailure }: RouterHandsOptions,
  { view, meant, routing, ruleset, flows, leader, plansFor }: HandParts,
): KernelLook => {
  const faults: { look: Fault; kernel: Fault } = { look: null, kernel: null }
  const see = async (): Promise<boolean> => {
    try {
      await view.look()
      faults.look = null
    } catch (error) {
      faults.look = faultOf('routing', briefly(error))
      onFailure(faults.look.text)
    }
    return faults.look === null
  }
  const putRight = async (): Promise<void> => {
    if (!routing.isDoubted()) meant.see(activeIn(view.seen(), wish.uplinks, view.facts()))
    const plans = plansFor(meant.uplink())
    await routing.putRight(plans.routing, view.seen())
    if (routing.isApplied(plans.routing)) await leader.follow(plans.routing)
    await ruleset.putRight(plans.ruleset)
  }
  const defaultFault = (): Fault => {
    const before = defaultBeforeOurs(view.seen())
    return before && precedenceFault(before)
  }

  return {
    async look() {
      leader.see()
      if (!(await see())) return
      await putRight()
      faults.kernel = await kernelFault(sys, {
        devices: wish.uplinks.map((one) => one.interface),
        forwardsIpv6: isMeantForIpv6(wish, view.facts()),
      })
      onLooked(view.facts())
    },
    fault: () =>
      faults.look ??
      defaultFault() ??
      bothFaults(routing.fault(), ruleset.fault()) ??
      flows.fault() ??
      faults.kernel ??
      lack,
  }
}
