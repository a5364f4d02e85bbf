import { createPrivateKey, sign } from 'node:crypto'
import { InfraError } from '@infra-home/shared/errors.ts'
import { renewalText } from '@infra-home/shared/seal/certificate.ts'
import { type EnrolMeans, granted } from './enrol.ts'
import { fingerprintOfPem } from './grant-fault.ts'
import type { IdentityFile } from './identity-file.ts'

/**
 * Has the certificate renewed by proof of its key, also when it has expired. The key stays: the key for messages is made of it.
 * @throws InfraError usage, config-invalid, http-failed, http-timeout, disk-failed
 */
export const renew = async ({ folder, post, request }: EnrolMeans): Promise<IdentityFile> => {
  const identity = folder.read()
  if (!identity) throw new InfraError('usage', 'this device is not enrolled')
  const { key, given } = identity
  const base = `${given.coordinator.https}/api/v1/renewals`
  const pin = { authority: given.authority }
  const csr = await request(key, given.node)
  const challenge = await post(`${base}/challenge`, pin, {})
  const { nonce } = (challenge.value ?? {}) as { readonly nonce?: unknown }
  if (typeof nonce !== 'string')
    throw new InfraError('http-failed', `the coordinator gave no number to sign (HTTP ${challenge.status})`)
  const signature = sign('sha256', Buffer.from(renewalText({ nonce, csr })), createPrivateKey(key)).toString(
    'base64',
  )
  const answer = await post(base, pin, { certificate: given.certificate, csr, nonce, signature })
  const renewed = granted(answer, { key, fingerprint: fingerprintOfPem(given.authority) })
  folder.write(renewed)
  return renewed
}
