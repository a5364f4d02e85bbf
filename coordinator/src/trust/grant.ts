import { rfc3339, type DurationMs, wallLater, type WallMs, wallMs } from '@infra-home/shared/clock.ts'
import type { Authority } from './authority.ts'
import type { Granted, Identities, Role } from './identities.ts'

/** What a device gets, when it enrols and when it renews: all that it has to know to be itself. */
export type Grant = {
  readonly site: string
  readonly node: string
  readonly role: Role
  /** PEM. */
  readonly certificate: string
  /** RFC 3339. */
  readonly issuedAt: string
  /** PEM. */
  readonly authority: string
  /** The coordinator's half of the key for messages, PEM (SPKI). */
  readonly agreementKey: string
  /** Ed25519 keys whose commands count, the one that signs now first. */
  readonly signingKeys: readonly string[]
  readonly broker: { readonly host: string; readonly port: number }
  /** Where to renew: the base address of the API. */
  readonly coordinator: { readonly https: string }
}

export type Granting = {
  readonly authority: () => Promise<Authority>
  readonly identities: Identities
  /** How long a certificate lives. */
  readonly life: DurationMs
  readonly now: () => WallMs
  /** Names of a broker that is not ours. */
  readonly serverNames: readonly string[]
}

export type Signed = { readonly certificate: string; readonly granted: Granted }

/** Signs a key (PEM, SPKI) under the name and role that we know; nothing is on record yet. */
export const grant = async (
  { authority, identities, life, now, serverNames }: Granting,
  { name, role, publicKey }: { readonly name: string; readonly role: Role; readonly publicKey: string },
): Promise<Signed> => {
  // a coordinator that does not know the time yet must not give out what has expired by the time that it does
  const at = wallMs(Math.max(now(), identities.newestIssue()))
  const issued = await (
    await authority()
  ).issue({
    name,
    publicKey,
    notAfter: wallLater(at, life),
    ...(role === 'broker' ? { serverNames: [name, 'localhost', '127.0.0.1', '::1', ...serverNames] } : {}),
  })
  const { certificate, serial, notAfter } = issued
  return { certificate, granted: { serial, notAfter, publicKey, at, certificate } }
}

export const issuedAt = ({ granted }: Signed): string => rfc3339(granted.at)
