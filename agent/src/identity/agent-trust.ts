import { createPrivateKey, createPublicKey, diffieHellman, X509Certificate } from 'node:crypto'
import { fromRfc3339, wallMs } from '@infra-home/shared/clock.ts'
import { macKeyFrom } from '@infra-home/shared/seal/mac.ts'
import type { AgentTrust } from '../agent-options.ts'
import type { Identity } from '../sys/identity-folder.ts'
import type { Life } from './renewal-due.ts'

/** What an enrolled agent's words are sealed with, and whose it obeys: ECDH of its key with the coordinator's half. */
export const trustOf = ({ key, given }: Identity): AgentTrust => {
  const agreed = diffieHellman({
    privateKey: createPrivateKey(key),
    publicKey: createPublicKey(given.agreementKey),
  })
  return { macKey: macKeyFrom(agreed, given.site, given.node), signingKeys: given.signingKeys }
}

/** From when to when its certificate counts: that begins in 1970, so its giver has said when it was issued. */
export const lifeOf = ({ given }: Identity): Life => ({
  issuedAt: fromRfc3339(given.issuedAt),
  notAfter: wallMs(new X509Certificate(given.certificate).validToDate.getTime()),
})
