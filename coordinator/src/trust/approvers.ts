import { join } from 'node:path'
import { InfraError } from '@infra-home/shared/errors.ts'
import { isName } from '@infra-home/shared/names.ts'
import type { Approver } from '@infra-home/shared/seal/ssh-signature-approval.ts'
import { parseSshPublicKey, sshKeyLine } from '@infra-home/shared/seal/ssh-signature-key.ts'
import { openBook } from './book.ts'

export type KnownApprover = Approver & {
  /** RFC 3339. */
  readonly addedAt: string
}

/** The people who may approve, with the SSH keys that they do it with. A person may have several keys. */
export type Approvers = {
  /** What stands there now; a change by another process is seen within a second. */
  list(): readonly KnownApprover[]
  /** @param line `TYPE BASE64 [COMMENT]` @throws InfraError usage, parse-failed */
  add(name: string, line: string, at: string): KnownApprover
  /** Takes all keys of a person away; returns how many there were. */
  remove(name: string): number
}

/** More than a wish to an agent can carry would help nobody. */
const MOST = 64

/** Opens `<folder>/approvers.json`, which need not be there. */
export const openApprovers = (folder: string): Approvers => {
  const book = openBook<readonly KnownApprover[]>(join(folder, 'approvers.json'), [])
  return {
    list: book.read,
    add(name, line, at) {
      if (!isName(name))
        throw new InfraError('usage', `${name}: a name is lower-case letters, digits and hyphens`)
      const key = sshKeyLine(parseSshPublicKey(line))
      const known = book.readNow()
      const owner = known.find((one) => one.key === key)
      if (owner) throw new InfraError('usage', `this is ${owner.name}'s key already`)
      if (known.length >= MOST) throw new InfraError('usage', `there are ${MOST} keys already`)
      const approver = { name, key, addedAt: at }
      book.write([...known, approver])
      return approver
    },
    remove(name) {
      const known = book.readNow()
      const rest = known.filter((one) => one.name !== name)
      if (rest.length < known.length) book.write(rest)
      return known.length - rest.length
    },
  }
}
