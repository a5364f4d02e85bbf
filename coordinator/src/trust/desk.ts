import type { DurationMs } from '@infra-home/shared/clock.ts'
import type { DeskOptions, From } from './desk-options.ts'
import { type Enrolment, type EnrolmentState, stateOf } from './enrolments.ts'
import { type Grant, grant, issuedAt, type Signed } from './grant.ts'
import type { Identity } from './identities.ts'
import { createRedeem } from './redeem.ts'
import { type Refused, refusal } from './refusals.ts'
import { holderOf, type RenewalRequest } from './renewing.ts'
import { readSigningRequest } from './signing-request.ts'

/** An enrolment with its token, which is seen this once, and the lines to paste. */
export type Opened = {
  readonly enrolment: Enrolment
  readonly token: string
  readonly authorityFingerprint: string
  readonly lines: { readonly pi: string; readonly phone: string }
  /** What stands in the way as yet. */
  readonly warnings: readonly string[]
}

/** What a revocation found: rights to take, rights that were taken before, or none at all. */
export type Revoked = 'revoked' | 'was-revoked' | 'had-nothing'

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
  /** Takes certificates, plain secret and open enrolments away, at once. */
  revoke(name: string, by: string): Promise<Revoked>
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

  const withdraw = async (id: string, by: string): Promise<boolean> => {
    const gone = enrolments.withdraw(id)
    if (gone) await record({ request: 'withdraw-enrolment', enrolment: id, node: gone.node, by })
    return gone !== null
  }

  const { redeem, breakOff } = createRedeem(options, give)

  const renew = async (asked: RenewalRequest, from: From): Promise<Grant | Refused> => {
    if (!nonces.use(asked.nonce)) return refusal('stale-nonce', null)
    const holder = holderOf(asked, { authority: await options.authority(), identities, now: now() })
    if ('refused' in holder) return holder
    const { name, identity, expired, lost } = holder
    const request = await readSigningRequest(asked.csr)
    if (!request.ok) return refusal('bad-signing-request', name, request.why)
    const { publicKey } = request
    const isLost = lost !== null && publicKey === identity.publicKey
    const signed = isLost ? lost : await grant(options, { name, role: identity.role, publicKey })
    const { serial, notAfter } = signed.granted
    await record({ request: 'renew', node: name, serial, notAfter, expired, by: name })
    // whoever was revoked in the meantime gets nothing
    if (identities.get(name)?.revoked !== null) return refusal('revoked-identity', name)
    if (!isLost) identities.renew(name, signed.granted)
    return give(name, signed, from)
  }

  return {
    async open({ lasts, ...wanted }, host) {
      const { fingerprint } = await options.authority()
      const { enrolment, token } = enrolments.open({ ...wanted, lasts, id: options.newId(now()) }, now())
      const { id, node, role, by, expiresAt } = enrolment
      await record({ request: 'open-enrolment', enrolment: id, node, role, expiresAt, by })
      const { coordinator, broker } = options.places(host)
      const line = `infra-home-agent enrol --at ${coordinator.https} --authority ${fingerprint} --token ${token}`
      // Where an agent may live, whose place its own would be, nobody else's files are put.
      const rest = role === 'reader' ? `${line} --state ${node}` : line
      return {
        enrolment,
        token,
        authorityFingerprint: fingerprint,
        lines: { pi: role === 'reader' ? rest : `sudo ${rest}`, phone: rest },
        warnings: broker ? [] : [refusal('no-broker', node).detail],
      }
    },
    enrolments: () => enrolments.all().map((one) => ({ ...one, state: stateOf(one, now()) })),
    withdraw,
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
      const unfinished = breakOff(name)
      const certificates = identities.revoke(name, { at: now(), by })
      const secret = options.removeSecret(name)
      const open = enrolments.all().filter((one) => one.node === name && stateOf(one, now()) === 'open')
      for (const { id } of open) await withdraw(id, by)
      if (!certificates && !secret && !unfinished && open.length === 0)
        return identities.get(name) ? 'was-revoked' : 'had-nothing'
      await record({ request: 'revoke-node', node: name, by })
      return 'revoked'
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
