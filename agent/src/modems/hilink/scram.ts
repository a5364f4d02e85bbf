import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import type { MonoMs } from '@infra-home/shared/clock.ts'
import { wholeValue } from '../../parse/hilink-values.ts'
import type { HilinkCredentials } from './password.ts'
import { escapeXml, requestXml } from './request.ts'
import { fieldsOf, type HilinkReply, type HilinkRequest, type HilinkSession } from './session.ts'

/** HMAC-SHA-256 of a secret of the password's and a text that both sides know. */
export type Mac = (secret: Uint8Array, text: string) => Buffer

/**
 * RFC 5802 §3 keys the HMAC with the secret. HiLink has it the other way round, in each of its two uses
 * (fabiogermann/opnsense-hilink-plugin: hilink.py; jinxo13/HuaweiB525Router).
 */
export const hilinkMac: Mac = (secret, text) => createHmac('sha256', text).update(secret).digest()

/** What a client shows to have the password, without saying it (RFC 5802 §3, ClientProof). */
export const scramProof = (saltedPassword: Uint8Array, authMessage: string, mac: Mac): Buffer => {
  const clientKey = mac(saltedPassword, 'Client Key')
  const storedKey = createHash('sha256').update(clientKey).digest()
  const signature = mac(storedKey, authMessage)
  return Buffer.from(clientKey.map((byte, i) => byte ^ (signature[i] ?? 0)))
}

/** SaltedPassword of RFC 5802 §3 with SHA-256 (RFC 7677). */
export const saltPassword = (password: string, salt: Uint8Array, iterations: number): Buffer =>
  pbkdf2Sync(password, salt, iterations, 32, 'sha256')

/** Devices ask for 100 to 1,000; more than this would stop a small board for too long. */
const MOST_ITERATIONS = 20_000

/**
 * Asks for a challenge and meets it, as WebUI 10 wants it: the request that shows the proof, or what the device said instead of a challenge.
 * Never throws.
 */
export const scramProofFor = async (
  session: HilinkSession,
  { username, password }: HilinkCredentials,
  deadline: MonoMs,
): Promise<HilinkRequest | HilinkReply> => {
  const firstNonce = randomBytes(32).toString('hex')
  const challenge = await session.ask(
    { path: 'user/challenge_login', body: () => challengeBody(username, firstNonce) },
    deadline,
  )
  if (challenge.kind !== 'fields') return challenge
  const terms = termsOf(challenge)
  if (!terms) return { kind: 'garbled', why: 'a SCRAM challenge that cannot be met' }
  const { salt, iterations, serverNonce } = terms
  const authMessage = `${firstNonce},${serverNonce},${serverNonce}`
  const proof = scramProof(saltPassword(password, salt, iterations), authMessage, hilinkMac)
  return { path: 'user/authentication_login', once: true, body: () => proofBody(proof, serverNonce) }
}

const challengeBody = (username: string, firstNonce: string): string =>
  requestXml([
    ['username', escapeXml(username)],
    ['firstnonce', firstNonce],
    ['mode', 1],
  ])

const proofBody = (proof: Buffer, serverNonce: string): string =>
  requestXml([
    ['clientproof', proof.toString('hex')],
    ['finalnonce', serverNonce],
  ])

type Terms = { readonly salt: Buffer; readonly iterations: number; readonly serverNonce: string }

const termsOf = (challenge: HilinkReply): Terms | null => {
  const fields = fieldsOf(challenge)
  if (!fields) return null
  const salt = fields.get('salt') ?? ''
  const iterations = wholeValue(fields, 'iterations') ?? 0
  const serverNonce = fields.get('servernonce') ?? ''
  const isFit =
    /^(?:[0-9a-f]{2}){8,64}$/i.test(salt) &&
    /^[\w+/=-]{16,256}$/.test(serverNonce) &&
    iterations > 0 &&
    iterations <= MOST_ITERATIONS
  return isFit ? { salt: Buffer.from(salt, 'hex'), iterations, serverNonce } : null
}
