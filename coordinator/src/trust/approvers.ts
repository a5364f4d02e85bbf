import { join } from 'node:path'
import { InfraError } from '@infra-home/shared/errors.ts'
import type { WishBody } from '@infra-home/shared/messages/want.ts'
import { isName } from '@infra-home/shared/names.ts'
import { LIST_NAMESPACE } from '@infra-home/shared/seal/approver-lists.ts'
import { type Approver, verifyApproval } from '@infra-home/shared/seal/ssh-signature-approval.ts'
import { parseSshPublicKey, sshKeyLine } from '@infra-home/shared/seal/ssh-signature-key.ts'
import {
  type ApproverBook,
  type ApproverRow,
  checkCarried,
  draftOf,
  inOrder,
  type KnownApprover,
  NO_APPROVERS,
  type Proposal,
  proposalIn,
  rowOf,
  type SignedList,
  wishedOf,
  withSince,
} from './approver-row.ts'
import { openBook } from './book.ts'
import { BOOKS } from './book-schemas.ts'

/** The people who may approve, with the SSH keys that they do it with. A person may have several keys. */
export type Approvers = {
  /** Who counts now; a change by another process is seen within a second, and one that is not signed as it has to be never. */
  list(): readonly KnownApprover[]
  /** Every list up to the one that counts, oldest first. */
  row(): readonly SignedList[]
  /** The same as nodes follow it. */
  wished(): WishBody['approvers']
  proposal(): Proposal | null
  /**
   * The first counts at once; from then on a proposal changes, and is returned.
   * @param line `TYPE BASE64 [COMMENT]` @throws InfraError usage, parse-failed, config-invalid
   */
  add(name: string, line: string, at: string): Proposal | null
  /** Proposes to take all keys of a person away. @throws InfraError usage, config-invalid */
  remove(name: string): Proposal
  /** Lets the proposal count. @returns who signed it @throws InfraError usage: why the signature is none of an approver; config-invalid */
  accept(signature: string, at: string): string
  /** Withdraws the proposal. False when there is none. */
  drop(): boolean
  /** Forgets everybody: for who has lost all the keys. */
  forget(): void
  /** Why what stands in the file does not count; null when it does. */
  fault(): string | null
}

/** Opens `<folder>/approvers.json`, which need not be there. @throws InfraError config-invalid when it is broken or not signed as it has to be */
export const openApprovers = (folder: string, site: string): Approvers => {
  const file = join(folder, 'approvers.json')
  const book = openBook<ApproverBook>(file, { empty: NO_APPROVERS, schema: BOOKS['approvers.json'] })

  const rows = new WeakMap<ApproverBook, ApproverRow>()
  const judged = (kept: ApproverBook): ApproverRow => {
    const found = rows.get(kept) ?? rowOf(site, kept)
    rows.set(kept, found)
    return found
  }
  const faultOf = (kept: ApproverBook): string | null => {
    const { fault } = judged(kept)
    return (
      fault &&
      `${file}: list ${fault.number} is not signed by an approver of the one before: put it back from a backup`
    )
  }
  const proposed = (kept: ApproverBook): Proposal | null => proposalIn(site, kept, judged(kept).row.at(-1))
  const checked = (kept: ApproverBook): ApproverBook => {
    const fault = faultOf(kept)
    if (fault !== null) throw new InfraError('config-invalid', fault, { context: { file } })
    return kept
  }
  let good = checked(book.look())
  /** Nobody can change who counts by changing the file. */
  const counting = (): ApproverBook => {
    const kept = book.read()
    if (faultOf(kept) === null) good = kept
    return good
  }
  const propose = (kept: ApproverBook, approvers: readonly Approver[]): Proposal => {
    const next = { ...kept, proposed: { approvers: inOrder(approvers) } }
    const proposal = proposed(next)
    if (!proposal) throw new InfraError('usage', 'nobody would be left to approve: add somebody first')
    checkCarried([...kept.lists, { approvers, signature: null }])
    book.write(next)
    return proposal
  }

  return {
    list: () => withSince(counting()),
    row: () => judged(counting()).row,
    wished: () => wishedOf(counting().lists),
    proposal: () => proposed(counting()),
    add(name, line, at) {
      if (!isName(name))
        throw new InfraError('usage', `${name}: a name is lower-case letters, digits and hyphens`)
      const key = sshKeyLine(parseSshPublicKey(line))
      const kept = checked(book.look())
      const draft = draftOf(kept)
      const owner = draft.find((one) => one.key === key)
      if (owner) throw new InfraError('usage', `this is ${owner.name}'s key already`)
      const approvers = [...draft, { name, key }]
      if (kept.lists.length > 0) return propose(kept, approvers)
      const lists = [{ approvers, signature: null, at }]
      checkCarried(lists)
      book.write({ ...NO_APPROVERS, lists })
      return null
    },
    remove(name) {
      const kept = checked(book.look())
      const draft = draftOf(kept)
      const rest = draft.filter((one) => one.name !== name)
      if (rest.length === draft.length) throw new InfraError('usage', `there is no approver ${name}`)
      return propose(kept, rest)
    },
    accept(signature, at) {
      const kept = checked(book.look())
      const proposal = proposed(kept)
      if (!proposal) throw new InfraError('usage', 'no list waits for a signature')
      const { text, approvers, number } = proposal
      const before = kept.lists.at(-1)?.approvers ?? []
      const verdict = verifyApproval({ text, signature, namespace: LIST_NAMESPACE }, before)
      if (!verdict.ok) throw new InfraError('usage', `that does not sign list ${number}: ${verdict.reason}`)
      const lists = [...kept.lists, { approvers, signature: signature.trim(), at }]
      checkCarried(lists)
      book.write({ ...NO_APPROVERS, lists })
      return verdict.approver
    },
    drop() {
      const kept = checked(book.look())
      const hasOne = kept.proposed.approvers.length > 0
      if (hasOne) book.write({ ...kept, proposed: NO_APPROVERS.proposed })
      return hasOne
    },
    forget: () => book.write(NO_APPROVERS),
    fault: () => book.fault() ?? faultOf(book.read()),
  }
}
