import type { DeskOptions, From } from './desk-options.ts'
import type { Claim, Enrolments } from './enrolments.ts'
import { type Grant, grant, type Signed } from './grant.ts'
import { type Refused, refusal } from './refusals.ts'
import { readSigningRequest } from './signing-request.ts'

type Asked = Parameters<Enrolments['peek']>[0] & { readonly csr: string }
type Give = (name: string, signed: Signed, from: From) => Promise<Grant | Refused>

/** Gives a device its first certificate for the token of a pasted line; again, when it did not get the first. */
export const createRedeem = (
  options: DeskOptions,
  give: Give,
): ((asked: Asked, from: From) => Promise<Grant | Refused>) => {
  const { enrolments, identities, now, record } = options

  const enrol = async (
    { enrolment, again }: Exclude<Claim, { refused: unknown }>,
    publicKey: string,
    from: From,
  ): Promise<Grant | Refused> => {
    const { node: name, role, by, id } = enrolment
    const before = identities.get(name)
    if (again && (!before || before.revoked || before.publicKey !== publicKey))
      return refusal('used-token', name)
    const signed = await grant(options, { name, role, publicKey })
    const { serial, notAfter } = signed.granted
    await record({ request: 'enrol', node: name, role, serial, notAfter, enrolment: id, by: name })
    if (again) identities.renew(name, signed.granted)
    else identities.enrol(name, { ...signed.granted, role, by })
    options.removeSecret(name)
    return give(name, signed, from)
  }

  return async ({ token, node, csr }, from) => {
    if (!options.places(from.host).broker) return refusal('no-broker', node)
    const shown = enrolments.peek({ token, node }, now())
    if ('refused' in shown) return refusal(shown.refused, shown.node)
    const request = await readSigningRequest(csr)
    if (!request.ok) return refusal('bad-signing-request', shown.node, request.why)
    const { publicKey } = request
    const claim = enrolments.claim({ token, node, publicKey }, now())
    if ('refused' in claim) return refusal(claim.refused, claim.node)
    try {
      return await enrol(claim, publicKey, from)
    } catch (error) {
      claim.undo()
      throw error
    }
  }
}
