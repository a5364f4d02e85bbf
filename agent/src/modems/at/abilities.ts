import { type Clock, later, minutes, type MonoMs } from '@infra-home/shared/clock.ts'
import type { AtReply } from './talk.ts'

/** What a modem was found not to have, so that it is not asked for it every few seconds. */
export type AtAbilities = {
  lacks(command: string): boolean
  /** Takes note of an answer. A modem that is not `ready` refuses what it will know later: that is not held against it. */
  note(command: string, reply: AtReply, ready: boolean): void
  /** It begins anew, and may have learned something. */
  forget(): void
}

/** A command that is met with silence twice in a row is left alone for this long: it would cost every reading its timeout. */
const AFTER_SILENCE = minutes(10)
/** ERROR without a code is what an unknown command gets (V.250 §5.7.1); 4 not supported, 50 wrong parameters, 100 unknown (TS 27.007 §9.2). */
const MEANS_NEVER: ReadonlySet<number | null> = new Set([null, 4, 50, 100])

export const atAbilities = (clock: Clock): AtAbilities => {
  const refused = new Set<string>()
  const silences = new Map<string, { count: number; until: MonoMs }>()
  return {
    lacks(command) {
      const silence = silences.get(command)
      return (
        refused.has(command) ||
        (silence !== undefined && silence.count >= 2 && clock.now().mono < silence.until)
      )
    },
    note(command, reply, ready) {
      if (reply.kind === 'silent') {
        const count = (silences.get(command)?.count ?? 0) + 1
        silences.set(command, { count, until: later(clock.now().mono, AFTER_SILENCE) })
        return
      }
      silences.delete(command)
      if (ready && reply.kind === 'refused' && MEANS_NEVER.has(reply.code)) refused.add(command)
    },
    forget() {
      refused.clear()
      silences.clear()
    },
  }
}
