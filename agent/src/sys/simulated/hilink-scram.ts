import { createHash, createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto'
import { errorXml, renderXml } from './hilink-pages.ts'
import type { SimulatedHilinkSession } from './hilink-sessions.ts'

/** The device's half of a SCRAM login, as RFC 5802 §3 has it, with HiLink's order of key and text in each HMAC. */
export type HilinkScram = {
  challengeXml(session: SimulatedHilinkSession, body: string): string
  /** Whether the proof is the password's; a challenge is met once or never. */
  isMet(session: SimulatedHilinkSession, body: string): boolean
}

const SALT = '9f3c0d5b7a1e48c2b6d0f1a29384756e9f3c0d5b7a1e48c2b6d0f1a29384756e'
const ITERATIONS = 100
/** Firmwares read the elements of a request by position. */
const CHALLENGE = /<username>(.*)<\/username><firstnonce>([0-9a-f]{64})<\/firstnonce><mode>1<\/mode>/
const PROOF = /<clientproof>([0-9a-f]{64})<\/clientproof><finalnonce>(.*)<\/finalnonce>/

export const hilinkScram = (account: {
  readonly username: string
  readonly password: string
}): HilinkScram => {
  const open = new WeakMap<SimulatedHilinkSession, { readonly first: string; readonly final: string }>()
  let serial = 0
  return {
    challengeXml(session, body) {
      const [, username, first] = CHALLENGE.exec(body) ?? []
      if (first === undefined) return errorXml(100_005)
      if (username !== account.username) return errorXml(108_006)
      const final = `${first}${String(++serial).padStart(32, '0')}`
      open.set(session, { first, final })
      return renderXml('response', [
        ['salt', SALT],
        ['servernonce', final],
        ['modeselected', 1],
        ['iterations', ITERATIONS],
      ])
    },
    isMet(session, body) {
      const challenge = open.get(session)
      open.delete(session)
      const [, proof = '', nonce] = PROOF.exec(body) ?? []
      if (!challenge || nonce !== challenge.final) return false
      const { first, final } = challenge
      return isProofOf(account.password, Buffer.from(proof, 'hex'), `${first},${final},${final}`)
    },
  }
}

/** Takes the signature off the proof, which leaves the client's key; what is stored is only its hash. */
const isProofOf = (password: string, proof: Buffer, authMessage: string): boolean => {
  const salted = pbkdf2Sync(password, Buffer.from(SALT, 'hex'), ITERATIONS, 32, 'sha256')
  const stored = sha256(createHmac('sha256', 'Client Key').update(salted).digest())
  const signature = createHmac('sha256', authMessage).update(stored).digest()
  const clientKey = Buffer.from(proof.map((byte, i) => byte ^ (signature[i] ?? 0)))
  return timingSafeEqual(sha256(clientKey), stored)
}

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()
