import { createHash } from 'node:crypto'
import type { ZteFields } from '../../parse/zte-answer.ts'

/** The fields from which `accessHash` is made. */
export const ACCESS_FIELDS = ['wa_inner_version', 'cr_version', 'RD'] as const

/**
 * The AD that a form carries: hash(hash(wa_inner_version + cr_version) + RD), by SHA-256 in capitals on the MC888 and the
 * MC889, by MD5 everywhere else (Kajkac/ZTE-MC-Home-assistant-repo: mc.py). Null when the firmware hands out no RD, and wants none.
 */
export const accessHash = (fields: ZteFields): string | null => {
  const nonce = fields.get('RD')
  if (!nonce) return null
  const version = fields.get('wa_inner_version') ?? ''
  const hash = /MC88[89]/.test(version) ? sha256 : md5
  return hash(hash(version + (fields.get('cr_version') ?? '')) + nonce)
}

/**
 * The password as LOGIN wants it: SHA256(SHA256(password) + LD), in capitals throughout. A firmware from before LD takes
 * the password's base64 (service.js of the devices, WEB_ATTR_IF_SUPPORT_SHA256 2 and 0).
 */
export const passwordHash = (password: string, ld: string): string =>
  ld === '' ? Buffer.from(password, 'utf8').toString('base64') : sha256(sha256(password) + ld.toUpperCase())

const md5 = (text: string): string => createHash('md5').update(text, 'utf8').digest('hex')

const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex').toUpperCase()
