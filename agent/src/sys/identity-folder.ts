import { generateKeyPairSync } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { InfraError } from '@infra-home/shared/errors.ts'
import { checker, formatProblem } from '@infra-home/shared/problem.ts'
import { IdentityFile } from '../identity/identity-file.ts'

/** The key of this device, which never leaves it, and what it was given for it. */
export type Identity = { readonly key: string; readonly given: IdentityFile }

export type IdentityFolder = {
  /** Null before the device was enrolled. @throws InfraError config-invalid when what is there cannot be used */
  read(): Identity | null
  /** The private key (PEM, P-256); made when there is none, or a new one is wanted. */
  key(fresh: boolean): string
  /** Replaces what was given, at one instant. */
  write(given: IdentityFile): void
}

/** Opens a folder that only the agent's user can read. */
export const identityFolder = (folder: string): IdentityFolder => {
  const files = { key: join(folder, 'key.pem'), given: join(folder, 'identity.json') }
  const check = checker(IdentityFile)
  return {
    read() {
      if (!existsSync(files.given) || !existsSync(files.key)) return null
      const given: unknown = parse(files.given)
      const [problem] = check(given)
      if (problem) throw broken(files.given, formatProblem(problem))
      return { key: readFileSync(files.key, 'utf8'), given: given as IdentityFile }
    },
    key(fresh) {
      if (existsSync(files.key) && !fresh) return readFileSync(files.key, 'utf8')
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      writeSecret(files.key, pem)
      return pem
    },
    write: (given) => writeSecret(files.given, `${JSON.stringify(given, null, 2)}\n`),
  }
}

/** After a power cut it is the old one or the new one, whole. */
const writeSecret = (file: string, text: string): void => {
  const fresh = `${file}.new`
  const handle = openSync(fresh, 'w', 0o600)
  try {
    writeFileSync(handle, text)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
  renameSync(fresh, file)
}

const parse = (file: string): unknown => {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw broken(file, 'it is not JSON', cause)
  }
}

const broken = (file: string, what: string, cause?: unknown): InfraError =>
  new InfraError('config-invalid', `${file}: ${what}: enrol this device again`, { cause, context: { file } })
