import { readFileSync } from 'node:fs'
import { InfraError } from '@infra-home/shared/errors.ts'
import { parseSshPublicKey, sshFingerprint } from '@infra-home/shared/seal/ssh-signature-key.ts'
import { formatTable } from '../http/table/table.ts'
import { type KnownApprover, openApprovers } from './approvers.ts'

export const APPROVER_USAGE = `coordinator --config FILE approver add NAME KEYFILE|-
       coordinator --config FILE approver list
       coordinator --config FILE approver remove NAME`

/**
 * `approver add|list|remove`; returns what to print. A coordinator that runs sees the change within a second.
 * @param words what follows `approver`
 * @param at RFC 3339
 * @throws InfraError usage, parse-failed
 */
export const approverCommand = (folder: string, words: readonly string[], at: string): string => {
  const approvers = openApprovers(folder)
  const [verb, name, file] = words
  if (verb === 'list' && words.length === 1) return tableOf(approvers.list())
  if (verb === 'add' && name && file && words.length === 3)
    return tableOf([approvers.add(name, readKey(file), at)])
  if (verb === 'remove' && name && words.length === 2) {
    const count = approvers.remove(name)
    if (count === 0) throw new InfraError('usage', `there is no approver ${name}`)
    return `${name} may no longer approve (${count} key${count === 1 ? '' : 's'})`
  }
  throw new InfraError('usage', `usage: ${APPROVER_USAGE}`)
}

/** The only line that is no comment. */
const readKey = (file: string): string => {
  const lines = readText(file)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
  if (lines.length !== 1)
    throw new InfraError('usage', `${file}: one public key is expected, found ${lines.length}`)
  return lines[0] ?? ''
}

const STDIN = 0

const readText = (file: string): string => {
  try {
    return readFileSync(file === '-' ? STDIN : file, 'utf8')
  } catch (cause) {
    throw new InfraError('usage', `${file}: cannot be read: ${(cause as Error).message}`, { cause })
  }
}

const tableOf = (approvers: readonly KnownApprover[]): string =>
  approvers.length === 0
    ? 'nobody may approve yet'
    : formatTable({
        head: ['NAME', 'TYPE', 'FINGERPRINT', 'SINCE'],
        rows: approvers.map(({ name, key, addedAt }) => {
          const parsed = parseSshPublicKey(key)
          return [name, parsed.type, sshFingerprint(parsed), addedAt.slice(0, 10)]
        }),
        whole: [2],
      })
