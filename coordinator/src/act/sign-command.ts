import { milliseconds, seconds } from '@infra-home/shared/clock.ts'
import type { CmdMessage, Verb } from '@infra-home/shared/messages/cmd.ts'
import { formatTopic } from '@infra-home/shared/topics.ts'
import type { Means } from './act.ts'

const VALID_FOR = seconds(60)

export type Ordered = {
  readonly node: string
  readonly boot: string
  readonly generation: number
  readonly verb: Verb
  readonly args: CmdMessage['args']
}

/** Sends `cmd/<verb>`, signed. @param id a ULID, or a step's: then the command goes by its decision's */
export const sendCommand = async (
  { node, boot, generation, verb, args }: Ordered,
  { world, clock, publish, sign }: Pick<Means, 'world' | 'clock' | 'publish' | 'sign'>,
  id: string,
): Promise<void> => {
  const issuedAt = milliseconds(Math.max(0, Math.round(clock.now().mono - world.listeningSince)))
  const command: CmdMessage = sign({
    id: id.slice(0, 26),
    site: world.site,
    node,
    boot,
    epoch: world.epoch,
    generation,
    issuedAt,
    expiresAt: issuedAt + VALID_FOR,
    verb,
    args,
  })
  await publish(formatTopic({ node, kind: 'cmd', verb }), JSON.stringify(command))
}
