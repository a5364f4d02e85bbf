import { dirname, resolve } from 'node:path'
import { type Clock, days } from '@infra-home/shared/clock.ts'
import { describeError } from '@infra-home/shared/errors.ts'
import type { Log } from '@infra-home/shared/log.ts'
import type { SecureDoor } from './broker/secure-listener.ts'
import type { LoadedConfig } from './config.ts'
import type { Coordinator } from './coordinator.ts'
import type { Store } from './db/store.ts'
import { type Addresses, serverNames } from './places.ts'
import { type Agreement, openAgreement } from './trust/agreement.ts'
import { type Authority, openAuthority } from './trust/authority.ts'
import { type Certificates, keepCertificates } from './trust/certificates.ts'
import { createDesk, type Desk } from './trust/desk.ts'
import type { DeskOptions } from './trust/desk-options.ts'
import { openEnrolments } from './trust/enrolments.ts'
import { type Identities, openIdentities } from './trust/identities.ts'
import { forgetCopy, keepMirror, restoreTrust } from './trust/mirror.ts'
import { createNonces } from './trust/nonces.ts'
import { serverCertificate } from './trust/server-certificate.ts'
import { trustFolder } from './trust/signing-keys.ts'
import { MQTTS_PORT } from './usual-places.ts'

const USUAL_DAYS = 365

export type TrustOptions = {
  readonly loaded: LoadedConfig
  readonly configFile: string
  readonly clock: Clock
  readonly log: Log
  readonly store: Pick<Store, 'get' | 'set'>
}

/** Everything that says who is who: identities, and what they are given and checked with. */
export type Trust = {
  readonly identities: Identities
  /** Files that others may change, and whether each can be read. */
  readonly books: readonly { fault(): string | null }[]
  readonly certificates: Certificates
  /** What the coordinator and an enrolled node share; null for one that is not enrolled. */
  agreedWith(node: string): Uint8Array | null
  /** Whether an enrolled node may speak: false once it was revoked; null when it was never enrolled. */
  knows(node: string): boolean | null
  /** The door for devices, when the configuration has one. */
  readonly door: SecureDoor | null
  desk(parts: DeskParts): Desk
  /** PEM: whose signature makes a certificate one of ours. */
  authority(): Promise<string>
  /** What does not count any more, PEM (CRL), for brokers that are not ours. */
  revocationList(): Promise<string>
  /**
   * Copies the folder into the database, and goes on doing so; journals what was restored from there. To be called when
   * everything in the folder has been made.
   */
  mirror(journal: Pick<Coordinator, 'ask'>): Promise<void>
  /** Resolves when the database has the folder as it is now, or the log says why not. */
  save(): Promise<void>
  stop(): Promise<void>
}

/** What the rest of the coordinator does for the desk. */
export type DeskParts = Pick<DeskOptions, 'signingKeys' | 'record' | 'removeSecret' | 'newId'> & {
  readonly addresses: () => Addresses
}

/** Opens `<state>/trust`; what is costly to make is made when it is first needed. @throws InfraError */
export const openTrust = async (options: TrustOptions): Promise<Trust> => {
  const { loaded, clock, log, store } = options
  const { config, site, stateDir } = loaded
  const folder = trustFolder(stateDir)
  if (await forgetCopy(folder, { store, site }))
    log('warn', 'the database’s copy of the keys is forgotten, as somebody wished', { folder })
  const restored = await restoreTrust(folder, store)
  if (restored.length > 0)
    log('warn', 'there were no keys: they were restored from the database', { files: restored.join(' ') })
  const now = () => clock.now().wall
  const life = days(config.trust?.certificateDays ?? USUAL_DAYS)
  const authority = once(() => openAuthority(folder, site))
  const agreement = once(() => openAgreement(folder))
  const identities = openIdentities(folder)
  const enrolments = openEnrolments(folder)
  const own = once(async () =>
    serverCertificate(folder, await authority(), { names: serverNames(config), life, now }),
  )
  const certificates = keepCertificates(async () => (await own())(), givenFiles(options), { clock, log })
  const copies: { mirror: ReturnType<typeof keepMirror> | null } = { mirror: null }
  const copy = async (): Promise<void> => {
    await copies.mirror?.save().catch((error: unknown) => {
      log('error', 'the database cannot keep a copy of the keys', { error: describeError(error) })
    })
  }
  return {
    identities,
    books: [identities, enrolments],
    certificates,
    agreedWith: (node) => agreedWith({ identities, agreement }, node),
    knows(node) {
      const identity = identities.get(node)
      return identity?.role === 'node' ? identity.revoked === null : null
    },
    door: doorOf(config, { certificates, authority, identities }),
    desk: ({ addresses, ...parts }) =>
      createDesk({
        ...parts,
        site,
        authority,
        identities,
        enrolments,
        agreement,
        nonces: createNonces(() => clock.now().mono),
        life,
        serverNames: serverNames(config),
        now,
        mono: () => clock.now().mono,
        places: (host) => addresses().seenFrom(host),
      }),
    authority: async () => (await authority()).certificate,
    revocationList: async () => (await authority()).revocationList(identities.withdrawn(now())),
    async mirror({ ask }) {
      copies.mirror ??= keepMirror(folder, { store, site, clock, log })
      await copy()
      if (restored.length > 0) await ask({ request: 'restore-trust', files: restored, by: 'coordinator' })
    },
    save: copy,
    async stop() {
      certificates.stop()
      copies.mirror?.stop()
      await copy()
    },
  }
}

const agreedWith = (
  { identities, agreement }: { readonly identities: Identities; readonly agreement: () => Agreement },
  node: string,
): Uint8Array | null => {
  const identity = identities.get(node)
  if (!identity || identity.role !== 'node' || identity.revoked) return null
  return agreement().secretWith(identity.publicKey)
}

type Shown = {
  readonly certificates: Certificates
  readonly authority: () => Promise<Authority>
  readonly identities: Identities
}

const doorOf = (
  { broker }: LoadedConfig['config'],
  { certificates, authority, identities }: Shown,
): SecureDoor | null => {
  if (broker?.kind !== 'embedded' || !broker.tls) return null
  const { host, port = MQTTS_PORT } = broker.tls
  return {
    host,
    port,
    identities,
    material: () => certificates.own(),
    authority: async () => (await authority()).certificate,
    onRenewed: (listener) => certificates.onRenewed(listener),
  }
}

const givenFiles = ({ loaded, configFile }: TrustOptions) => {
  const files = loaded.config.http?.tls
  if (!files) return null
  const from = (path: string): string => resolve(dirname(configFile), path)
  return { certFile: from(files.certFile), keyFile: from(files.keyFile) }
}

/** Makes it when it is first asked for; tries again when that failed. */
const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | null = null
  return () => {
    if (made) return made.value
    const value = make()
    made = { value }
    if (value instanceof Promise) value.catch(() => (made = null))
    return value
  }
}
