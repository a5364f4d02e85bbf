import { createPublicKey, diffieHellman } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { newPrivateKey, publicPem } from './p256.ts'
import { privateKeyIn } from './private-key.ts'
import { makeFolder, writeWhole } from './write-whole.ts'

/** A multiplication on the curve for every message would be felt. */
const MOST_KNOWN = 10_000

/** The coordinator's half of what it agrees on with each node: ECDH with the key of the node's own certificate. */
export type Agreement = {
  /** PEM (SPKI): what a node gets when it enrols. */
  readonly publicKey: string
  /** The ECDH secret with the key (PEM, SPKI, P-256) of a node: its x coordinate, 32 bytes. */
  secretWith(nodePublicKey: string): Buffer
}

/** Opens `agreement.key` in `folder`; the first time it is made. @throws InfraError config-invalid when it is no key */
export const openAgreement = (folder: string): Agreement => {
  const file = join(folder, 'agreement.key')
  makeFolder(folder)
  if (!existsSync(file)) writeWhole(file, newPrivateKey())
  const privateKey = privateKeyIn(file, readFileSync(file, 'utf8'))
  const known = new Map<string, Buffer>()
  const secretWith = (nodePublicKey: string): Buffer => {
    const old = known.get(nodePublicKey)
    if (old) return old
    const secret = diffieHellman({ privateKey, publicKey: createPublicKey(nodePublicKey) })
    if (known.size >= MOST_KNOWN) known.clear()
    known.set(nodePublicKey, secret)
    return secret
  }
  return {
    publicKey: publicPem(privateKey),
    secretWith,
  }
}
