import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSigningKeys, type SigningKeys } from '@infra-home/coordinator/trust/signing-keys.ts'
import { type MacKey, macKeyOfSecret, withMac } from '@infra-home/shared/seal/mac.ts'

export type TestTrust = {
  readonly signing: SigningKeys
  readonly macKeyOf: (node: string) => MacKey
  /** A message of a node as it would put it on the line. */
  readonly sealed: (topic: string, message: object) => string
}

export const secretOf = (node: string): string => `secret of ${node}`

/** Keys for a coordinator and for every node of a site. */
export const testTrust = (site = 'home'): TestTrust => {
  const folder = mkdtempSync(join(tmpdir(), 'infra-home-trust-'))
  const keys = new Map<string, MacKey>()
  const macKeyOf = (node: string): MacKey => {
    const key = keys.get(node) ?? macKeyOfSecret(secretOf(node), { site, node })
    keys.set(node, key)
    return key
  }
  return {
    signing: openSigningKeys(folder, { site, at: '2026-11-01T00:00:00Z' }),
    macKeyOf,
    sealed: (topic, message) => withMac(macKeyOf(topic.split('/')[2] ?? ''), topic, JSON.stringify(message)),
  }
}
