import type { CmdMessage, Verb } from '@infra-home/shared/messages/cmd.ts'
import type { Refusal } from '@infra-home/shared/messages/res.ts'
import type { Publish } from './channels/channel.ts'

/**
 * What a node said of a command: `away` when there was nobody to tell, `unheard` when nobody of that name has ever been heard,
 * `silent` when it said nothing in time.
 */
export type Answer = 'done' | Refusal | 'away' | 'unheard' | 'silent'

/** An answer, and what more the node said of it, for people. */
export type Word = { readonly answer: Answer; readonly detail: string | null }

/** Has a node do something. @param id a ULID: what has it is done once, however often it is asked for */
export type Command = (
  id: string,
  order: { readonly node: string; readonly verb: Verb; readonly args: CmdMessage['args'] },
) => Promise<Word>

/** One attempt to tell somebody, and what the house does for it. */
export type Errand = {
  /** A ULID, and the same when a restart interrupted it. */
  readonly id: string
  readonly command: Command
  readonly publish: Publish
}

const LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
/** The first letter of a ULID that is chance, and that no counter reaches. */
const AT = 10

/** The id of an errand's nth command, of at most 32: the first has the errand's own. Pure. */
export const commandId = (errand: string, nth: number): string => {
  const letter = LETTERS[(LETTERS.indexOf(errand.charAt(AT)) + nth) % LETTERS.length]
  return errand.slice(0, AT) + letter + errand.slice(AT + 1)
}

/** Whether a command is one of an errand's. Pure. */
export const isOfErrand = (command: string, errand: string): boolean =>
  command.slice(0, AT) === errand.slice(0, AT) && command.slice(AT + 1) === errand.slice(AT + 1)
