import { createHmac } from 'node:crypto'

/** A secret as Standard Webhooks writes it: 24 to 64 random bytes in base64, with or without `whsec_`; several while one follows another. */
const SECRET = '(whsec_)?[A-Za-z0-9+/]{32,86}={0,2}'
export const SECRETS_TEXT = `^${SECRET}(\\s+${SECRET})*$`

/**
 * The headers that sign a body (Standard Webhooks 1.0.0, spec/standard-webhooks.md, "Webhook headers" and "Signature scheme"):
 * HMAC-SHA256 over `id.timestamp.body`, one signature for each secret.
 * @param at seconds since the epoch
 */
export const signatureHeaders = (
  { id, at, body }: { readonly id: string; readonly at: number; readonly body: string },
  secrets: string,
): Readonly<Record<string, string>> => {
  const signed = secrets.split(/\s+/).map((secret) => {
    const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
    return `v1,${createHmac('sha256', key).update(`${id}.${at}.${body}`).digest('base64')}`
  })
  return { 'webhook-id': id, 'webhook-timestamp': String(at), 'webhook-signature': signed.join(' ') }
}
