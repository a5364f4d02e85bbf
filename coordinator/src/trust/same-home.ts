import { join } from 'node:path'
import { InfraError } from '@infra-home/shared/errors.ts'

/** Files of the trust folder, by name. */
export type TrustFiles = Readonly<Record<string, string>>

/** By this file somebody says that the folder counts, whatever the database keeps. */
export const FORGET_FILE = 'forget-the-copy'

/** Without these a home is another one, or has forgotten whom it revoked and who may approve; without tokens and open lines it lets in fewer. */
const NEEDED = ['approvers.json', 'authority.key', 'authority.pem', 'nodes.json', 'signing.json'] as const

/**
 * Books change all the time and the copy is seconds behind; an authority never changes, and signing keys follow each other. The
 * agreement key may be replaced by its owner.
 * @throws InfraError config-invalid where a folder and the database's copy of it are not of one home: which files, and both ways out
 */
export const checkSameHome = (folder: string, here: TrustFiles, copy: TrustFiles): void => {
  const faults = NEEDED.flatMap((file) => {
    const fault = faultOf(file, here[file], copy[file])
    return fault === null ? [] : [{ file: join(folder, file), fault }]
  })
  const [first] = faults
  if (!first) return
  const said = faults.map(({ file, fault }) => `${file} ${fault}`).join('; ')
  const ways = `to have the keys of the database, move ${folder} away; to keep what is in the folder and lose those, make an empty file ${join(folder, FORGET_FILE)}; then start again`
  throw new InfraError('config-invalid', `${said}: ${ways}`, { context: { file: first.file } })
}

const faultOf = (
  file: (typeof NEEDED)[number],
  here: string | undefined,
  copy: string | undefined,
): string | null => {
  if (copy === undefined) return null
  if (here === undefined) return 'is missing, and the database keeps a copy of it'
  const isOther = 'is not of the home whose keys the database keeps'
  switch (file) {
    case 'approvers.json':
    case 'nodes.json':
      return null
    case 'signing.json': {
      const [ours, theirs] = [signingKeysIn(here), signingKeysIn(copy)]
      return ours && theirs && !ours.some((key) => theirs.includes(key)) ? isOther : null
    }
    case 'authority.key':
    case 'authority.pem':
      return here.trim() === copy.trim() ? null : isOther
  }
}

/** Every key that signs, waits or is retired; null for a broken book, which is said elsewhere. */
const signingKeysIn = (text: string): readonly string[] | null => {
  try {
    const { keys, retired } = JSON.parse(text) as { keys: { key: string }[]; retired: string[] }
    return [...keys.map(({ key }) => key), ...retired]
  } catch {
    return null
  }
}
