import { turnstile } from '../turnstile.ts'
import { briefly } from '../briefly.ts'
import { defaultDevice } from './look-at-network.ts'
import { openNetworkView } from './network-view.ts'
import type { RouterHands, RouterHandsOptions } from './router-hands.ts'
import { notMoved } from './switcher.ts'
import { waysOverIpv6 } from './ways-over-ipv6.ts'

/** Those of a process that may change nothing, and watches where others lead traffic. */
export const openTiedHands = (options: RouterHandsOptions): RouterHands => {
  const { inability, wish, onLooked, onFailure } = options
  const view = openNetworkView(options)
  const inTurn = turnstile()
  let isStopped = false

  const look = async (): Promise<void> => {
    if (isStopped) return
    try {
      await view.look()
    } catch (error) {
      onFailure(briefly(error))
      return
    }
    onLooked(view.facts())
  }
  const active = (): string | null => {
    const device = defaultDevice(view.seen())
    return wish.uplinks.find((one) => one.interface === device)?.id ?? null
  }

  return {
    look: () => inTurn(look),
    doubtRuleset() {},
    go: async (order) => notMoved(order, active(), inability?.text ?? 'nothing may be moved'),
    sweep: () => Promise.resolve(),
    active,
    isLedRight: () => true,
    ipv6: () => waysOverIpv6(active(), view.facts(), options),
    leaveIpv6: () => Promise.resolve(),
    isBound: (uplink) => active() === uplink,
    ports: () => null,
    fault: () => inability,
    stop() {
      isStopped = true
      return inTurn(() => Promise.resolve())
    },
  }
}
