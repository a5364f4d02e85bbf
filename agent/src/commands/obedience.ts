import type { Clock } from '@infra-home/shared/clock.ts'
import type { Log } from '@infra-home/shared/log.ts'
import type { CmdMessage } from '@infra-home/shared/messages/cmd.ts'
import type { Identity } from '../envelope.ts'
import type { PinnedKeys } from '../pinned-keys.ts'
import { readJson, writeJson } from '../small-file.ts'
import type { Disk } from '../sys/sys.ts'
import type { Outcome } from './refused.ts'
import { type EpochClock, type ObeyedBook, newestIn, refusalOf } from './obey.ts'
import { lackOf, type Right, VERBS, type VerbPorts } from './verbs.ts'

export const OBEYED_FILE = 'obeyed.json'

export type Obedience = {
  /** Does what is commanded, or says why not. What is obeyed is written down before it is done; on a full disk it is done all the same. */
  obey(command: CmdMessage, epochClock: EpochClock | null): Promise<Outcome>
  /** The newest command that was obeyed, as it was signed. */
  newest(): CmdMessage | null
}

/** Opens the book of what was obeyed: nothing older is obeyed again, at whatever time the clock stands. */
export const openObedience = async (options: {
  readonly identity: Identity
  readonly clock: Clock
  readonly disk: Disk
  readonly keys: PinnedKeys
  readonly ports: VerbPorts
  readonly rights: readonly Right[]
  readonly log: Log
}): Promise<Obedience> => {
  const { identity, clock, disk, keys, ports, rights, log } = options
  let book = await readJson<ObeyedBook>(disk, OBEYED_FILE, {})
  return {
    newest: () => newestIn(book),
    async obey(command, epochClock) {
      const on = { identity, book, epochClock, now: clock.now().mono }
      const refusal = keys.faultOf(command) ?? refusalOf(command, on)
      if (refusal) return refusal
      if (lackOf(command.verb, rights).length > 0) return 'lacks-right'
      book = { ...book, [command.verb]: command }
      await writeJson(disk, OBEYED_FILE, book).catch((error: unknown) =>
        log('error', 'could not note a command before obeying it', { error: String(error) }),
      )
      return VERBS[command.verb].run(command, ports)
    },
  }
}
