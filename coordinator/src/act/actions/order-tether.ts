import type { Action } from '../act.ts'
import { sendCommand } from '../sign-command.ts'

/** Sends `cmd/tether`; what became of it the phone tells, and the router sees. */
export const orderTether: Action<'order-tether'> = {
  async run({ node, boot, generation, order }, means, id) {
    await sendCommand({ node, boot, generation, verb: 'tether', args: order }, means, id)
    const what = order.forSeconds > 0 ? `lend its network for ${order.forSeconds} s` : 'put its network away'
    return { ok: true, answer: `told ${node} to ${what}` }
  },
  afterRestart: () => ({ ok: false, error: 'the coordinator was restarted', retryable: false }),
}
