import type { DurationMs } from '@infra-home/shared/clock.ts'
import type { Request } from '../world/input.ts'
import type { Agreement } from './agreement.ts'
import { type Enrolment, type Enrolments, type EnrolmentState, stateOf } from './enrolments.ts'
import { type Grant, grant, type Granting, issuedAt, type Signed } from './grant.ts'
import type { Identity } from './identities.ts'
import type { Nonces } from './nonces.ts'
import { type Refused, refusal } from './refusals.ts'
import { holderOf, type RenewalRequest } from './renewing.ts'

export type DeskOptions = Granting & {
  readonly site: string
  readonly enrolments: Enrolments
  readonly agreement: () => Agreement
  readonly nonces: Nonces
  readonly signingKeys: () => readonly string[]
  readonly newId: (wall: number) => string
  /** Puts what was done on record; resolves when the disk has it. */
  readonly record: (request: Request) => Promise<unknown>
  /** Where devices find the broker (null: nowhere) and the API, seen from `host`. */
  readonly places: (host: string) => Pick<Grant, 'coordinator'> & { readonly broker: Grant['broker'] | null }
  /** Milliseconds, monotonic. */
  readonly mono: () => number
  /** Takes the plain secret of a node away. */
  readonly removeSecret: (node: string) => boolean
}

/** An enrolment with its token, which is seen this once, and the lines to paste. */
export type Opened = {
  readonly enrolment: Enrolment
  readonly token: string
  readonly authorityFingerprint: string
  readonly lines: { readonly pi: string; readonly phone: string }
  /** What stands in the way as yet. */
  readonly warnings: readonly string[]
}

/** Where a request came from, and the host by which it reached us. */
export type From = { readonly source: string; readonly host: string }

/** Where devices come and go: everything that happens here is journalled with somebody's name on it. */
export type Desk = {
  open(
    wanted: Pick<Enrolment, 'node' | 'role' | 'by'> & { readonly lasts: DurationMs },
    host: string,
  ): Promise<Opened>
  enrolments(): readonly (Enrolment & { readonly state: EnrolmentState })[]
  /** False when there is no such enrolment. */
  withdraw(id: string, by: string): Promise<boolean>
  redeem(
    asked: { readonly token: string; readonly node: string | null; readonly csr: string },
    from: From,
  ): Promise<Grant | Refused>
  /** A number to sign. */
  challenge(): string
  renew(asked: RenewalRequest, from: From): Promise<Grant | Refused>
  /** Takes certificates and plain secret away, at once. False when there was nothing to take. */
  revoke(name: string, by: string): Promise<boolean>
  /** Forgets a revoked identity. False when there is none. */
  forget(name: string): boolean
  identities(): readonly (readonly [name: string, identity: Identity])[]
}

/** Strangers may not fill the journal: so many refusals an hour stand in it. */
const RECORDED_REFUSALS = 100
const HOUR_MS = 3_600_000

export const createDesk = (options: DeskOptions): Desk => {
  const { enrolments, identities, nonces, now, record, site } = options

  const give = async (name: string, signed: Signed, { host }: From): Promise<Grant | Refused> => {
    const identity = identities.get(name)
    const { broker, coordinator } = options.places(host)
    if (!broker || !identity) return refusal('no-broker', name)
    return {
      site,
      node: name,
      role: identity.role,
      certificate: signed.certificate,
      issuedAt: issuedAt(signed),
      authority: (await options.authority()).certificate,
      agreementKey: options.agreement().publicKey,
      signingKeys: options.signingKeys(),
      broker,
      coordinator,
    }
  }

  const mayRecord = budget(RECORDED_REFUSALS, options.mono)
  const refuse = async (
    refused: Refused,
    during: 'enrolment' | 'renewal',
    { source }: From,
  ): Promise<Refused> => {
    const { refused: reason, node } = refused
    if (mayRecord())
      await record({ request: 'refuse-identity', during, reason, node, source, by: node ?? source })
    return refused
  }

  const redeem = async (
    { token, node, csr }: Parameters<Desk['redeem']>[0],
    from: From,
  ): Promise<Grant | Refused> => {
    if (!options.places(from.host).broker) return refusal('no-broker', node)
    const claim = enrolments.claim({ token, node }, now())
    if ('refused' in claim) return refusal(claim.refused, claim.node)
    const { enrolment, undo } = claim
    const { node: name, role, by, id } = enrolment
    try {
      const signed = await grant(options, { name, role, csr })
      if ('refused' in signed) {
        undo()
        return signed
      }
      const { serial, notAfter } = signed.granted
      await record({ request: 'enrol', node: name, role, serial, notAfter, enrolment: id, by: name })
      identities.enrol(name, { ...signed.granted, role, by })
      options.removeSecret(name)
      return await give(name, signed, from)
    } catch (error) {
      undo()
      throw error
    }
  }

  const renew = async (asked: RenewalRequest, from: From): Promise<Grant | Refused> => {
    if (!nonces.use(asked.nonce)) return refusal('stale-nonce', null)
    const holder = holderOf(asked, { authority: await options.authority(), identities, now: now() })
    if ('refused' in holder) return holder
    const { name, identity, expired } = holder
    const signed = await grant(options, { name, role: identity.role, csr: asked.csr })
    if ('refused' in signed) return signed
    const { serial, notAfter } = signed.granted
    await record({ request: 'renew', node: name, serial, notAfter, expired, by: name })
    // whoever was revoked in the meantime gets nothing
    if (identities.get(name)?.revoked !== null) return refusal('revoked-identity', name)
    identities.renew(name, signed.granted)
    return give(name, signed, from)
  }

  return {
    async open({ lasts, ...wanted }, host) {
      const { fingerprint } = await options.authority()
      const { enrolment, token } = enrolments.open({ ...wanted, lasts, id: options.newId(now()) }, now())
      const { id, node, role, by, expiresAt } = enrolment
      await record({ request: 'open-enrolment', enrolment: id, node, role, expiresAt, by })
      const { coordinator, broker } = options.places(host)
      const rest = `infra-home-agent enrol --at ${coordinator.https} --authority ${fingerprint} --token ${token}`
      return {
        enrolment,
        token,
        authorityFingerprint: fingerprint,
        lines: { pi: `sudo ${rest}`, phone: rest },
        warnings: broker ? [] : [refusal('no-broker', node).detail],
      }
    },
    enrolments: () => enrolments.all().map((one) => ({ ...one, state: stateOf(one, now()) })),
    async withdraw(id, by) {
      const gone = enrolments.withdraw(id)
      if (gone) await record({ request: 'withdraw-enrolment', enrolment: id, node: gone.node, by })
      return gone !== null
    },
    async redeem(asked, from) {
      const answer = await redeem(asked, from)
      return 'refused' in answer ? refuse(answer, 'enrolment', from) : answer
    },
    challenge: () => nonces.make(),
    async renew(asked, from) {
      const answer = await renew(asked, from)
      return 'refused' in answer ? refuse(answer, 'renewal', from) : answer
    },
    async revoke(name, by) {
      const certificates = identities.revoke(name, { at: now(), by })
      const secret = options.removeSecret(name)
      if (!certificates && !secret) return false
      await record({ request: 'revoke-node', node: name, by })
      return true
    },
    forget: (name) => identities.forget(name),
    identities: () => identities.all(),
  }
}

/** True `most` times an hour. */
const budget = (most: number, mono: () => number): (() => boolean) => {
  let [began, spent] = [mono(), 0]
  return () => {
    if (mono() - began >= HOUR_MS) [began, spent] = [mono(), 0]
    return ++spent <= most
  }
}
