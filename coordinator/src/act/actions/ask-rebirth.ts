import { milliseconds, seconds } from '@infra-home/shared/clock.ts'
import type { CmdMessage } from '@infra-home/shared/messages/cmd.ts'
import { formatTopic } from '@infra-home/shared/topics.ts'
import type { Action } from '../act.ts'

const VALID_FOR = seconds(60)

/** Sends `cmd/rebirth`. */
export const askRebirth: Action<'ask-rebirth'> = {
  async run(step, { world, clock, publish, sign }, id) {
    const issuedAt = milliseconds(Math.max(0, clock.now().mono - world.listeningSince))
    const command: CmdMessage = sign({
      id: id.slice(0, 26),
      site: world.site,
      node: step.node,
      boot: step.boot,
      epoch: world.epoch,
      generation: step.generation,
      issuedAt,
      expiresAt: issuedAt + VALID_FOR,
      verb: 'rebirth' as const,
      args: { missing: step.missing },
    })
    await publish(formatTopic({ node: step.node, kind: 'cmd', verb: 'rebirth' }), JSON.stringify(command))
    return { ok: true, answer: null }
  },
  afterRestart: () => ({ ok: false, error: 'the coordinator was restarted', retryable: false }),
}
