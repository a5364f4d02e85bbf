import type { DeskOptions, From } from './desk-options.ts'
import type { Claim, Enrolments } from './enrolments.ts'
import { type Grant, grant, type Signed } from './grant.ts'
import { type Refused, refusal } from './refusals.ts'
import { readSigningRequest } from './signing-request.ts'

type Asked = Parameters<Enrolments['peek']>[0] & { readonly csr: string }
type Give = (name: string, signed: Signed, from: From) => Promise<Grant | Refused>

export type Redeem = {
  /** Gives a device its first certificate for the token of a pasted line; again, when it did not get the first. */
  redeem(asked: Asked, from: From): Promise<Grant | Refused>
  /** Lets nothing come of what is under way for a name: it is revoked while its certificate is made. False when there is nothing. */
  breakOff(name: string): boolean
}

export const createRedeem = (options: DeskOptions, give: Give): Redeem => {
  const { enrolments, identities, now, record } = options
  const underWay = new Set<{ readonly name: string }>()

  const certify = async (
    { enrolment, again }: Exclude<Claim, { refused: unknown }>,
    publicKey: string,
    from: From,
  ): Promise<Grant | Refused> => {
    const { node: name, role, by, id } = enrolment
    const before = identities.get(name)
    if (again && (!before || before.revoked || before.publicKey !== publicKey))
      return refusal('used-token', name)
    const ours = { name }
    underWay.add(ours)
    try {
      const signed = await grant(options, { name, role, publicKey })
      const { serial, notAfter } = signed.granted
      await record({ request: 'enrol', node: name, role, serial, notAfter, enrolment: id, by: name })
      if (!underWay.has(ours)) return refusal('revoked-identity', name)
      if (again) identities.renew(name, signed.granted)
      else identities.enrol(name, { ...signed.granted, role, by })
      options.removeSecret(name)
      return await give(name, signed, from)
    } finally {
      underWay.delete(ours)
    }
  }

  return {
    breakOff(name) {
      const theirs = [...underWay].filter((one) => one.name === name)
      for (const one of theirs) underWay.delete(one)
      return theirs.length > 0
    },
    async redeem({ token, node, csr }, from) {
      if (!options.places(from.host).broker) return refusal('no-broker', node)
      const shown = enrolments.peek({ token, node }, now())
      if ('refused' in shown) return refusal(shown.refused, shown.node)
      const request = await readSigningRequest(csr)
      if (!request.ok) return refusal('bad-signing-request', shown.node, request.why)
      const { publicKey } = request
      const claim = enrolments.claim({ token, node, publicKey }, now())
      if ('refused' in claim) return refusal(claim.refused, claim.node)
      try {
        return await certify(claim, publicKey, from)
      } catch (error) {
        claim.undo()
        throw error
      }
    },
  }
}
