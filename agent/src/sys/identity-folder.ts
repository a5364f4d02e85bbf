import { createHash, createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describeError, InfraError } from '@infra-home/shared/errors.ts'
import { checker, formatProblem } from '@infra-home/shared/problem.ts'
import { IdentityFile } from '../identity/identity-file.ts'
import { moveWhole, writeWhole } from './write-whole.ts'

/** The key of this device, which never leaves it, and what it was given for it. */
export type Identity = { readonly key: string; readonly given: IdentityFile }

export type PemFiles = { readonly certificate: string; readonly key: string; readonly authority: string }

export type IdentityFolder = {
  /** Null before the device was enrolled. @throws InfraError config-invalid when what is there cannot be used */
  read(): Identity | null
  /**
   * The private key (PEM, P-256) to ask for a certificate with: the one that is here, made when there is none. @throws InfraError disk-failed
   */
  key(): string
  /**
   * A new one, which waits beside it and replaces it when something is given for it. The same again for the same token: the answer to a
   * try before may have got lost on the way, and the token is used up for any other key. @throws InfraError disk-failed
   */
  nextKey(token: string): string
  /** Writes what other programs want as files: certificate, key and authority. Says where. @throws InfraError disk-failed */
  writePem(identity: Identity): PemFiles
  /** Replaces what was given, and the key when it is for the one that waits. @throws InfraError disk-failed */
  write(given: IdentityFile): void
}

/** Opens a folder that only the agent's user can read. */
export const identityFolder = (folder: string): IdentityFolder => {
  const files = {
    key: join(folder, 'key.pem'),
    nextKey: join(folder, 'key.next.pem'),
    nextFor: join(folder, 'key.next.for'),
    given: join(folder, 'identity.json'),
  }
  const check = checker(IdentityFile)

  const givenNow = (): IdentityFile => {
    const given = parse(files.given)
    const [problem] = check(given)
    if (problem) throw broken(files.given, formatProblem(problem))
    return given as IdentityFile
  }

  /** A power cut may have come between what was given and its key. */
  const keyFor = (given: IdentityFile): string => {
    const key = existsSync(files.key) ? readText(files.key) : null
    if (key !== null && fits(key, given)) return key
    const next = existsSync(files.nextKey) ? readText(files.nextKey) : null
    if (next === null || !fits(next, given)) throw broken(files.key, 'it is not the key of the certificate')
    moveWhole(files.nextKey, files.key)
    rmSync(files.nextFor, { force: true })
    return next
  }

  return {
    read() {
      if (!existsSync(files.given)) return null
      const given = givenNow()
      return { key: keyFor(given), given }
    },
    key: () => (existsSync(files.key) ? readText(files.key) : newKey(files.key)),
    nextKey(token) {
      const mark = createHash('sha256').update(token).digest('hex')
      const known = existsSync(files.nextFor) && existsSync(files.nextKey) ? readText(files.nextFor) : null
      if (known === mark) return readText(files.nextKey)
      const key = newKey(files.nextKey)
      writeWhole(files.nextFor, mark)
      return key
    },
    writePem({ given }) {
      const certificate = join(folder, 'client.pem')
      const authority = join(folder, 'authority.pem')
      writeWhole(certificate, given.certificate)
      writeWhole(authority, given.authority)
      return { certificate, key: files.key, authority }
    },
    write(given) {
      writeWhole(files.given, `${JSON.stringify(given, null, 2)}\n`)
      keyFor(given)
    },
  }
}

const newKey = (file: string): string => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
  writeWhole(file, pem)
  return pem
}

const fits = (key: string, { certificate }: IdentityFile): boolean => {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))
  } catch {
    return false // one of the two is damaged
  }
}

const readText = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new InfraError('config-invalid', `${file} cannot be read: ${describeError(cause)}`, { cause })
  }
}

const parse = (file: string): unknown => {
  const text = readText(file)
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw broken(file, 'it is not JSON', cause)
  }
}

const broken = (file: string, what: string, cause?: unknown): InfraError =>
  new InfraError('config-invalid', `${file}: ${what}: enrol this device anew, with --again`, {
    cause,
    context: { file },
  })
