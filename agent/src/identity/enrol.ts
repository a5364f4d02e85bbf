import { InfraError } from '@infra-home/shared/errors.ts'
import { checker, formatProblem } from '@infra-home/shared/problem.ts'
import type { Answer, Pin } from '../sys/real-checked-https.ts'
import type { IdentityFolder } from '../sys/identity-folder.ts'
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
}

export type EnrolMeans = {
  readonly folder: IdentityFolder
  readonly post: (url: string, pin: Pin, body: object) => Promise<Answer>
  readonly request: (key: string, name: string) => Promise<string>
}

const FINGERPRINT = /^sha256:[0-9a-f]{64}$/

/**
 * Makes a key, has it certified, and keeps what the coordinator gives. A crash in the middle leaves a key that the next try goes on
 * with.
 * @throws InfraError usage, http-failed, http-timeout
 */
export const enrol = async (options: EnrolOptions, means: EnrolMeans): Promise<IdentityFile> => {
  const { at, authority, token, node, again } = options
  if (!/^https:\/\/[^/]+$/.test(at)) throw usage('--at', at, 'https://HOST:PORT')
  if (!FINGERPRINT.test(authority)) throw usage('--authority', authority, 'sha256: and 64 hexadecimal digits')
  if (token === '') throw usage('--token', token, 'the token of the pasted line')
  const before = means.folder.read()
  if (before && !again)
    throw new InfraError(
      'usage',
      `this device is ${before.given.node} of ${before.given.site} already: add --again to enrol it anew`,
    )
  const csr = await means.request(means.folder.key(before !== null), node ?? 'device')
  const body = { token, csr, ...(node === null ? {} : { node }) }
  const answer = await means.post(`${at}/api/v1/enrolments/redeem`, { fingerprint: authority }, body)
  const given = granted(answer)
  means.folder.write(given)
  return given
}

/** What an answer gives. @throws InfraError http-failed with the coordinator's own sentence */
export const granted = ({ status, value }: Answer): IdentityFile => {
  if (status !== 201) {
    const { detail, title } = (value ?? {}) as { readonly detail?: unknown; readonly title?: unknown }
    const said = [detail, title].find((text) => typeof text === 'string') ?? `HTTP ${status}`
    throw new InfraError('http-failed', `the coordinator refused: ${said.slice(0, 500)}`)
  }
  const [problem] = checker(IdentityFile)(value)
  if (problem) throw new InfraError('http-failed', `the coordinator’s answer: ${formatProblem(problem)}`)
  return value as IdentityFile
}

const usage = (flag: string, value: string, expected: string): InfraError =>
  new InfraError('usage', `${flag}: ${JSON.stringify(value)}, expected ${expected}`)
