import { describeError, InfraError, isInfraError } from '@infra-home/shared/errors.ts'
import { checker, formatProblem } from '@infra-home/shared/problem.ts'
import type { Answer, Pin } from '../sys/real-checked-https.ts'
import type { Identity, IdentityFolder } from '../sys/identity-folder.ts'
import { fingerprintOfPem, GRANT_FAULTS, grantFault } from './grant-fault.ts'
import { IdentityFile } from './identity-file.ts'

/** What a pasted line says. */
export type EnrolOptions = {
  /** The API of the coordinator: https://host:port. */
  readonly at: string
  /** `sha256:` and 64 hexadecimal digits. */
  readonly authority: string
  readonly token: string
  /** The node that this device is meant to be; null leaves it to the token. */
  readonly node: string | null
  /** Enrol a device that is enrolled already, with a new key. */
  readonly again: boolean
  /** Something is here that a try which broke off may have left: what it was given is as good as a new one. */
  readonly mayFinish: boolean
}

export type EnrolMeans = {
  readonly folder: IdentityFolder
  readonly post: (url: string, pin: Pin, body: object) => Promise<Answer>
  readonly request: (key: string, name: string) => Promise<string>
  /** This device comes from another authority, whose fingerprint this is: what that one's coordinator said counts no more. */
  readonly onLeft?: (authority: string) => void
}

/** What a grant must fit: our key (PEM), and the authority's fingerprint. */
type Ours = { readonly key: string; readonly fingerprint: string }

const FINGERPRINT = /^sha256:[0-9a-f]{64}$/

/**
 * Makes a key, has it certified, and keeps what the coordinator gives. A crash in the middle leaves a key that the next try goes on
 * with; until something is given, a device that was enrolled stays what it is.
 * @throws InfraError usage, config-invalid, http-failed, http-timeout, disk-failed
 */
export const enrol = async (options: EnrolOptions, means: EnrolMeans): Promise<IdentityFile> => {
  const { at, authority, token, node, again, mayFinish } = options
  if (!/^https:\/\/[^/]+$/.test(at)) throw usage('--at', at, 'https://HOST:PORT')
  if (!FINGERPRINT.test(authority)) throw usage('--authority', authority, 'sha256: and 64 hexadecimal digits')
  if (token === '') throw usage('--token', token, 'the token of the pasted line')
  const before = again ? null : means.folder.read()
  if (before && mayFinish && isFor(before.given, options)) return before.given
  if (before)
    throw new InfraError(
      'usage',
      `this device is ${before.given.node} of ${before.given.site} already: add --again to enrol it anew`,
    )
  const key = again ? means.folder.nextKey(token) : means.folder.key()
  const csr = await means.request(key, node ?? 'device')
  const body = { token, csr, ...(node === null ? {} : { node }) }
  const answer = await means.post(`${at}/api/v1/enrolments/redeem`, { fingerprint: authority }, body)
  const given = granted(answer, { key, fingerprint: authority })
  refuseOtherRole(means.folder, given)
  const left = again ? authorityIn(means.folder) : null
  if (left !== null && left !== authority) means.onLeft?.(left)
  means.folder.write(given)
  return given
}

/** What listens and what is a node are two devices: an agent that took a reader's certificate could say nothing more. */
const refuseOtherRole = (folder: IdentityFolder, { role = 'node', node }: IdentityFile): void => {
  const before = known(folder)?.given
  if (!before || (before.role ?? 'node') === role) return
  throw new InfraError(
    'usage',
    `${node} is a ${role}, and here is the ${before.role ?? 'node'} ${before.node}: give it a folder of its own by --state FOLDER, with a new line`,
  )
}

/** The fingerprint of the authority that this device belongs to; null when it belongs to none that can be read. */
const authorityIn = (folder: IdentityFolder): string | null => {
  const identity = known(folder)
  return identity && fingerprintOfPem(identity.given.authority)
}

const known = (folder: IdentityFolder): Identity | null => {
  try {
    return folder.read()
  } catch (error) {
    if (isInfraError(error, 'config-invalid')) return null // what is broken is replaced
    throw error
  }
}

const isFor = (given: IdentityFile, { authority, node }: EnrolOptions): boolean =>
  fingerprintOfPem(given.authority) === authority && (node === null || node === given.node)

/** What an answer gives to `ours`. @throws InfraError http-failed with the coordinator's own sentence, or ours */
export const granted = ({ status, value }: Answer, ours: Ours): IdentityFile => {
  if (status !== 201) {
    const { detail, title } = (value ?? {}) as { readonly detail?: unknown; readonly title?: unknown }
    const said = [detail, title].find((text) => typeof text === 'string') ?? `HTTP ${status}`
    throw new InfraError('http-failed', `the coordinator refused: ${said.slice(0, 500)}`)
  }
  const [problem] = checker(IdentityFile)(value)
  if (problem) throw new InfraError('http-failed', `the coordinator’s answer: ${formatProblem(problem)}`)
  const given = value as IdentityFile
  const fault = faultOf(given, ours)
  if (fault !== null) throw new InfraError('http-failed', `the coordinator’s answer cannot be used: ${fault}`)
  return given
}

const faultOf = (given: IdentityFile, ours: Ours): string | null => {
  try {
    const fault = grantFault(given, ours)
    return fault && GRANT_FAULTS[fault]
  } catch (error) {
    return describeError(error)
  }
}

const usage = (flag: string, value: string, expected: string): InfraError =>
  new InfraError('usage', `${flag}: ${JSON.stringify(value)}, expected ${expected}`)
