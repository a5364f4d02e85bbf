import type { BackupWish } from '@infra-home/shared/messages/backup.ts'

export type FoundFile = { readonly name: string; readonly bytes: number }

/** The SHA-256 of every copy that was verified, by file name. */
export type Verified = Readonly<Record<string, string>>

export type CopyPlan = {
  /** Whole and verified, newest first. */
  readonly held: readonly FoundFile[]
  /** What nobody wants any more. */
  readonly remove: readonly string[]
  /** What to fetch into which file, and how much of it is there. */
  readonly fetch: { readonly partial: string; readonly here: number } | null
}

/** A half is of one content, not only of one name: the same backup, encrypted again, is other bytes. */
export const partialName = ({ file, sha256 }: BackupWish): string => `${file}.${sha256.slice(0, 16)}.partial`

/**
 * What to do about the files that are there. With no wish they stay as they are; with one, as many stay as it says, the newest,
 * and none goes before the wished one is there.
 */
export const planCopies = (
  wish: BackupWish | null,
  files: readonly FoundFile[],
  verified: Verified,
): CopyPlan => {
  const isWhole = ({ name }: FoundFile): boolean => Object.hasOwn(verified, name)
  const held = files.filter(isWhole).sort((a, b) => (a.name < b.name ? 1 : -1))
  if (!wish) return { held, remove: [], fetch: null }
  const partial = partialName(wish)
  const rubbish = files.filter((file) => !isWhole(file) && file.name !== partial).map(({ name }) => name)
  if (verified[wish.file] === wish.sha256 && held.some(({ name }) => name === wish.file)) {
    const old = held.filter(({ name }, i) => i >= wish.keep && name !== wish.file)
    const kept = held.filter((file) => !old.includes(file))
    return { held: kept, remove: [...rubbish, ...old.map(({ name }) => name)], fetch: null }
  }
  const here = files.find(({ name }) => name === partial)?.bytes ?? 0
  return { held, remove: rubbish, fetch: { partial, here } }
}
