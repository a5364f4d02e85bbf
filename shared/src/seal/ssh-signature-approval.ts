import { checkSshSignature, parseSshSignature } from './ssh-signature.ts'
import { parseSshPublicKey } from './ssh-signature-key.ts'

/** A person and the public key that they approve with. */
export type Approver = {
  readonly name: string
  /** `TYPE BASE64`, as `sshKeyLine` writes it. */
  readonly key: string
}

/** What somebody is said to have approved. */
export type Approval = {
  readonly text: string | Uint8Array
  /** What `ssh-keygen -Y sign -n NAMESPACE` wrote. */
  readonly signature: string
  /** What the signature is for: one for another purpose does not count. */
  readonly namespace: string
  /** Who must have signed; without it, any approver. */
  readonly by?: string
}

/** Why an approval does not count. */
export type ApprovalFault =
  | 'no-signature'
  | 'other-namespace'
  | 'unknown-key'
  | 'other-approver'
  | 'not-touched'
  | 'wrong-signature'

export type ApprovalVerdict =
  | { readonly ok: true; readonly approver: string }
  | { readonly ok: false; readonly reason: ApprovalFault }

/** The namespace of everything that is approved here: `ssh-keygen -Y sign -n infra-home`. */
export const APPROVAL_NAMESPACE = 'infra-home'

/**
 * Says whose approval it is. It counts when an approver's key has signed exactly this text for exactly this namespace;
 * a security key must have been touched. Nothing is asked of whoever passes it on. Never throws.
 */
export const verifyApproval = (
  { text, signature, namespace, by }: Approval,
  approvers: readonly Approver[],
): ApprovalVerdict => {
  const parsed = parseSshSignature(signature)
  if (!parsed) return no('no-signature')
  if (parsed.namespace !== namespace) return no('other-namespace')
  const owners = approvers.filter(({ key }) => isSameKey(key, parsed.publicKey.blob))
  const approver = by === undefined ? owners[0] : owners.find(({ name }) => name === by)
  if (!approver) return no(owners.length === 0 ? 'unknown-key' : 'other-approver')
  const verdict = checkSshSignature(text, parsed)
  return verdict === 'right' ? { ok: true, approver: approver.name } : no(verdict)
}

const isSameKey = (line: string, blob: Buffer): boolean => {
  try {
    return parseSshPublicKey(line).blob.equals(blob)
  } catch {
    return false // a line that is no key approves nothing
  }
}

const no = (reason: ApprovalFault): ApprovalVerdict => ({ ok: false, reason })
