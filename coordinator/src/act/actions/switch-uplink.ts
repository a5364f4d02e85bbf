import type { Action } from '../act.ts'
import { sendCommand } from '../sign-command.ts'

/** Sends `cmd/switch-uplink`; what became of it the router tells, read back from its kernel. */
export const switchUplink: Action<'switch-uplink'> = {
  async run({ node, boot, generation, uplink, reason, session, term }, means, id) {
    const args = { uplink, reason, session, term }
    await sendCommand({ node, boot, generation, verb: 'switch-uplink', args }, means, id)
    return { ok: true, answer: `told ${node} to go out by ${uplink}` }
  },
  afterRestart: () => ({ ok: false, error: 'the coordinator was restarted', retryable: false }),
}
