import { readFileSync } from 'node:fs'
import { InfraError, isInfraError } from '@infra-home/shared/errors.ts'
import type { Witness } from '@infra-home/shared/messages/witness.ts'
import { openJournalFile } from '../db/sqlite/journal-file.ts'
import { isWhole, verdictText, verifyJournal } from './verify-journal.ts'
import { readWitnesses } from './witness-file.ts'

export const JOURNAL_USAGE = `coordinator journal verify --config FILE|--db FILE [--witness FILE]…`

export type JournalCommand = {
  /** What follows `journal`. */
  readonly words: readonly string[]
  /** The database file. */
  readonly db: string
  /** Files with what agents have seen of the journal. */
  readonly witnesses: readonly string[]
  readonly print: (text: string) => void
  readonly progress: (text: string) => void
}

/** `journal verify`: 0 when the journal is whole, 1 when it is not, 2 when it could not be checked. @throws InfraError usage */
export const journalCommand = async (command: JournalCommand): Promise<0 | 1 | 2> => {
  const { words } = command
  if (words.length !== 1 || words[0] !== 'verify') throw new InfraError('usage', `usage: ${JOURNAL_USAGE}`)
  const witnesses = command.witnesses.flatMap(witnessesIn)
  try {
    return await verify(command, witnesses)
  } catch (error) {
    if (!isInfraError(error, 'store-corrupt')) throw error
    command.progress(error.message)
    return 2
  }
}

const verify = async (
  { db, print, progress }: JournalCommand,
  witnesses: readonly Witness[],
): Promise<0 | 1> => {
  const journal = await openJournalFile(db)
  try {
    const verdict = verifyJournal(journal, witnesses, (percent) => progress(`${percent} %`))
    print(verdictText(verdict))
    return isWhole(verdict) ? 0 : 1
  } finally {
    journal.close()
  }
}

const witnessesIn = (file: string): Witness[] => {
  try {
    return readWitnesses(readFileSync(file, 'utf8'), file)
  } catch (cause) {
    if (cause instanceof InfraError) throw cause
    throw new InfraError('usage', `${file}: cannot be read: ${(cause as Error).message}`, { cause })
  }
}
