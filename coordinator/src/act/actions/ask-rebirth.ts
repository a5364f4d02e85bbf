import type { Action } from '../act.ts'
import { sendCommand } from '../sign-command.ts'

/** Sends `cmd/rebirth`. */
export const askRebirth: Action<'ask-rebirth'> = {
  async run({ node, boot, generation, missing }, means, id) {
    await sendCommand({ node, boot, generation, verb: 'rebirth', args: { missing } }, means, id)
    return { ok: true, answer: null }
  },
  afterRestart: () => ({ ok: false, error: 'the coordinator was restarted', retryable: false }),
}
