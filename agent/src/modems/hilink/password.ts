import { createHash } from 'node:crypto'
import { escapeXml, requestXml } from './request.ts'

export type HilinkCredentials = { readonly username: string; readonly password: string }

/**
 * The Password element of user/login. Types 0 and 3: base64 of the password. Type 4: base64 of the hex SHA-256 of the
 * user name, base64 of the hex SHA-256 of the password, and the token (Salamek/huawei-lte-api: api/User.py).
 */
export const encodePassword = (
  { username, password }: HilinkCredentials,
  type: '0' | '3' | '4',
  token: string | null,
): string =>
  type === '4' ? base64(sha256(username + base64(sha256(password)) + (token ?? ''))) : base64(password)

/** The body of user/login; firmwares want the elements in this order. */
export const loginBody = (
  credentials: HilinkCredentials,
  type: '0' | '3' | '4',
  token: string | null,
): string =>
  requestXml([
    ['Username', escapeXml(credentials.username)],
    ['Password', encodePassword(credentials, type, token)],
    ['password_type', type],
  ])

const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex')

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64')
