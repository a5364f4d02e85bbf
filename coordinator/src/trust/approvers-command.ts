import { readFileSync } from 'node:fs'
import { InfraError } from '@infra-home/shared/errors.ts'
import { LIST_NAMESPACE } from '@infra-home/shared/seal/approver-lists.ts'
import { parseSshPublicKey, sshFingerprint } from '@infra-home/shared/seal/ssh-signature-key.ts'
import { formatTable } from '../http/table/table.ts'
import { type Approvers, openApprovers } from './approvers.ts'
import type { Proposal } from './approver-row.ts'

export const APPROVER_USAGE = `coordinator --config FILE approver add NAME KEYFILE|-
       coordinator --config FILE approver remove NAME
       coordinator --config FILE approver list
       coordinator --config FILE approver proposed          print the list that waits for a signature
       coordinator --config FILE approver accept SIGFILE|-  … and here it is
       coordinator --config FILE approver drop
       coordinator --config FILE approver forget            begin anew; each device has to forget, too`

/**
 * `approver …`; returns what to print. A coordinator that runs sees the change within seconds.
 * @param words what follows `approver`
 * @param at RFC 3339
 * @throws InfraError usage, parse-failed, config-invalid
 */
export const approverCommand = (
  {
    folder,
    site,
    configFile,
  }: { readonly folder: string; readonly site: string; readonly configFile: string },
  words: readonly string[],
  at: string,
): string => {
  const approvers = openApprovers(folder, site)
  const [verb = '', ...rest] = words
  const command = COMMANDS[verb as keyof typeof COMMANDS]
  if (!Object.hasOwn(COMMANDS, verb) || rest.length !== command.words)
    throw new InfraError('usage', `usage: ${APPROVER_USAGE}`)
  const [first = '', second = ''] = rest
  return command.run(approvers, { first, second, at, configFile })
}

type Given = {
  readonly first: string
  readonly second: string
  readonly at: string
  readonly configFile: string
}
type Command = { readonly words: number; readonly run: (approvers: Approvers, given: Given) => string }

const COMMANDS = {
  add: {
    words: 2,
    run(approvers, { first, second, at, configFile }) {
      const proposal = approvers.add(first, readKey(second), at)
      return proposal ? waiting(proposal, configFile) : tableOf(approvers)
    },
  },
  remove: {
    words: 1,
    run: (approvers, { first, configFile }) => waiting(approvers.remove(first), configFile),
  },
  list: {
    words: 0,
    run(approvers, { configFile }) {
      const proposal = approvers.proposal()
      return [tableOf(approvers), ...(proposal ? ['', waiting(proposal, configFile)] : [])].join('\n')
    },
  },
  proposed: { words: 0, run: (approvers) => proposed(approvers).text.trimEnd() },
  accept: {
    words: 1,
    run(approvers, { first, at }) {
      const { number } = proposed(approvers)
      const by = approvers.accept(readText(first), at)
      return [`list ${number} counts, signed by ${by}`, tableOf(approvers)].join('\n')
    },
  },
  drop: {
    words: 0,
    run: (approvers) => (approvers.drop() ? 'the proposal is withdrawn' : 'no list waits for a signature'),
  },
  forget: {
    words: 0,
    run(approvers) {
      approvers.forget()
      return 'nobody may approve any more; add somebody, then run agent --config FILE approvers forget on each device'
    },
  },
} as const satisfies Record<string, Command>

const proposed = (approvers: Approvers): Proposal => {
  const proposal = approvers.proposal()
  if (!proposal) throw new InfraError('usage', 'no list waits for a signature')
  return proposal
}

/** Whoever signs does it where the key is, which is hardly this machine. */
const waiting = ({ number, text, signers }: Proposal, configFile: string): string =>
  [
    `list ${number} waits for the signature of ${signers.join(' or ')}:`,
    '',
    ...text
      .trimEnd()
      .split('\n')
      .map((line) => `  ${line}`),
    '',
    'Where the key is, with HOST for this machine:',
    `  ssh HOST coordinator --config ${configFile} approver proposed > list`,
    `  ssh-keygen -Y sign -n ${LIST_NAMESPACE} -f ~/.ssh/id_ed25519 list`,
    `  ssh HOST coordinator --config ${configFile} approver accept - < list.sig`,
  ].join('\n')

/** The only line that is no comment. */
const readKey = (file: string): string => {
  const text = readText(file)
  if (text.includes('PRIVATE KEY'))
    throw new InfraError(
      'usage',
      `${file}: that is a private key, which nobody else should see: name its .pub`,
    )
  const lines = text
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

const tableOf = (approvers: Approvers): string => {
  const current = approvers.row().at(-1)
  if (!current) return 'nobody may approve yet'
  const table = formatTable({
    head: ['NAME', 'TYPE', 'FINGERPRINT', 'SINCE'],
    rows: approvers.list().map(({ name, key, since }) => {
      const parsed = parseSshPublicKey(key)
      return [name, parsed.type, sshFingerprint(parsed), since.slice(0, 10)]
    }),
    whole: [2],
  })
  return `list ${current.number} ${current.hash}\n${table}`
}
