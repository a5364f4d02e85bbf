import { isInfraError } from '@infra-home/shared/errors.ts'
import type { PasswordFate } from './password-fate.ts'
import type { ShownPassword, ShownPasswords } from './shown-passwords.ts'

/** The fate of one password, in memory and on the disk. */
export type FateMemory = {
  /** As known; null: never shown, or not yet looked up. */
  readonly fate: PasswordFate | null
  /** Looks once what earlier runs left. @throws InfraError disk-failed */
  lookBack(): Promise<void>
  /** What a full disk does not keep, this run still knows. */
  become(next: PasswordFate): Promise<void>
  /** Until the next word of it; must be on the disk before the device hears of it. @throws InfraError disk-full, disk-failed */
  foresee(next: PasswordFate): Promise<void>
  /** What was foreseen has not come about: it is as before. */
  restore(): Promise<void>
}

export const fateMemory = (shown: ShownPassword, book: ShownPasswords): FateMemory => {
  let looked = false
  let fate: PasswordFate | null = null
  let before: PasswordFate | null = null
  const settle = async (next: PasswordFate | null): Promise<void> => {
    fate = before = next
    await book.note(shown, next).catch(passOver)
  }
  return {
    get fate() {
      return fate
    },
    async lookBack() {
      if (!looked) fate = before = await book.fateOf(shown)
      looked = true
    },
    become: settle,
    async foresee(next) {
      await book.note(shown, next)
      fate = next
    },
    async restore() {
      if (fate !== before) await settle(before)
    },
  }
}

const passOver = (error: unknown): void => {
  if (!isInfraError(error)) throw error
}
