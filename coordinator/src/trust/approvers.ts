import { join } from 'node:path'
import { describeError, InfraError } from '@infra-home/shared/errors.ts'
import type { WishBody } from '@infra-home/shared/messages/want.ts'
import { isName } from '@infra-home/shared/names.ts'
import {
  type ApproverList,
  type Followed,
  followLists,
  LIST_NAMESPACE,
  listText,
  type PinnedList,
} from '@infra-home/shared/seal/approver-lists.ts'
import { type Approver, verifyApproval } from '@infra-home/shared/seal/ssh-signature-approval.ts'
import { parseSshPublicKey, sshKeyLine } from '@infra-home/shared/seal/ssh-signature-key.ts'
import { openBook } from './book.ts'
import { BOOKS } from './book-schemas.ts'

export type KnownApprover = Approver & {
  /** RFC 3339: since which list without a break. */
  readonly since: string
}

/** A list that waits for the signature of somebody who stands in the one that counts. */
export type Proposal = Pick<PinnedList, 'number' | 'approvers'> & {
  /** What has to be signed, in the namespace `LIST_NAMESPACE`. */
  readonly text: string
  /** Who can. */
  readonly signers: readonly string[]
}

/** The people who may approve, with the SSH keys that they do it with. A person may have several keys. */
export type Approvers = {
  /** Who counts now; a change by another process is seen within a second. @throws InfraError config-invalid */
  list(): readonly KnownApprover[]
  /** Every list up to the one that counts: what nodes follow. @throws InfraError config-invalid */
  lists(): WishBody['approvers']['lists']
  /** Null when nobody may approve. @throws InfraError config-invalid */
  current(): CurrentList | null
  proposal(): Proposal | null
  /**
   * The first counts at once; from then on a proposal changes, and is returned.
   * @param line `TYPE BASE64 [COMMENT]` @throws InfraError usage, parse-failed
   */
  add(name: string, line: string, at: string): Proposal | null
  /** Proposes to take all keys of a person away. @throws InfraError usage */
  remove(name: string): Proposal
  /** Lets the proposal count. @returns who signed it @throws InfraError usage: why the signature is none of an approver */
  accept(signature: string, at: string): string
  /** Withdraws the proposal. False when there is none. */
  drop(): boolean
  /** Forgets everybody: for who has lost all the keys. */
  forget(): void
  /** Why what stands in the file does not count; null when it does. */
  fault(): string | null
}

/** The list that counts, and who signed it; null for the first. */
export type CurrentList = PinnedList & { readonly by: string | null }

type KeptList = ApproverList & { readonly at: string }
type Kept = {
  readonly lists: readonly KeptList[]
  readonly proposed: { readonly approvers: readonly Approver[] }
}

/** What a wish to an agent can carry; as the schema of `want/approvers`. */
const MOST_KEYS = 16
const MOST_LISTS = 64
const MOST_BYTES = 128 * 1024
const NOTHING: Kept = { lists: [], proposed: { approvers: [] } }

/** Opens `<folder>/approvers.json`, which need not be there. @throws InfraError config-invalid */
export const openApprovers = (folder: string, site: string): Approvers => {
  const file = join(folder, 'approvers.json')
  const book = openBook<Kept>(file, { empty: NOTHING, schema: BOOKS['approvers.json'] })

  const followed = new WeakMap<Kept, Followed>()
  const currentOf = (kept: Kept): CurrentList | null => {
    const found = followed.get(kept) ?? followLists(site, null, kept.lists)
    followed.set(kept, found)
    const { pinned, by, fault } = found
    if (!fault) return pinned && { ...pinned, by }
    const message = `${file}: list ${fault.number} is not signed by an approver of the one before`
    throw new InfraError('config-invalid', message, { context: { file } })
  }
  const proposalIn = (kept: Kept): Proposal | null => {
    const { approvers } = kept.proposed
    const now = currentOf(kept)
    if (!now || approvers.length === 0) return null
    const number = now.number + 1
    const signers = [...new Set(now.approvers.map(({ name }) => name))]
    return { number, approvers, signers, text: listText(site, { number, after: now.hash, approvers }) }
  }
  const propose = (kept: Kept, approvers: readonly Approver[]): Proposal => {
    const next = { ...kept, proposed: { approvers } }
    const proposal = proposalIn(next)
    if (!proposal) throw new InfraError('usage', 'nobody would be left to approve: add somebody first')
    book.write(next)
    return proposal
  }
  /** What a change starts from: what is proposed already, else what counts. */
  const draftOf = (kept: Kept): readonly Approver[] =>
    kept.proposed.approvers.length > 0 ? kept.proposed.approvers : (kept.lists.at(-1)?.approvers ?? [])

  return {
    list: () => (currentOf(book.read()) === null ? [] : withSince(book.read().lists)),
    lists: () => (currentOf(book.read()) === null ? [] : book.read().lists.map(passedOn)),
    current: () => currentOf(book.read()),
    proposal: () => proposalIn(book.read()),
    add(name, line, at) {
      if (!isName(name))
        throw new InfraError('usage', `${name}: a name is lower-case letters, digits and hyphens`)
      const key = sshKeyLine(parseSshPublicKey(line))
      const kept = book.readNow()
      const draft = draftOf(kept)
      const owner = draft.find((one) => one.key === key)
      if (owner) throw new InfraError('usage', `this is ${owner.name}'s key already`)
      if (draft.length >= MOST_KEYS) throw new InfraError('usage', `there are ${MOST_KEYS} keys already`)
      const approvers = [...draft, { name, key }]
      if (kept.lists.length > 0) return propose(kept, approvers)
      book.write({ ...NOTHING, lists: [{ approvers, signature: null, at }] })
      return null
    },
    remove(name) {
      const kept = book.readNow()
      const draft = draftOf(kept)
      const rest = draft.filter((one) => one.name !== name)
      if (rest.length === draft.length) throw new InfraError('usage', `there is no approver ${name}`)
      return propose(kept, rest)
    },
    accept(signature, at) {
      const kept = book.readNow()
      const proposal = proposalIn(kept)
      if (!proposal) throw new InfraError('usage', 'no list waits for a signature')
      const { text, approvers } = proposal
      const before = kept.lists.at(-1)?.approvers ?? []
      const verdict = verifyApproval({ text, signature, namespace: LIST_NAMESPACE }, before)
      if (!verdict.ok)
        throw new InfraError('usage', `that does not sign list ${proposal.number}: ${verdict.reason}`)
      const lists = [...kept.lists, { approvers, signature: signature.trim(), at }]
      if (lists.length > MOST_LISTS || JSON.stringify(lists).length > MOST_BYTES)
        throw new InfraError(
          'usage',
          'there are more lists than devices take: begin anew with approver forget',
        )
      book.write({ ...NOTHING, lists })
      return verdict.approver
    },
    drop() {
      const kept = book.readNow()
      const hasOne = kept.proposed.approvers.length > 0
      if (hasOne) book.write({ ...kept, proposed: NOTHING.proposed })
      return hasOne
    },
    forget: () => book.write(NOTHING),
    fault() {
      try {
        currentOf(book.read())
        return book.fault()
      } catch (error) {
        return describeError(error)
      }
    },
  }
}

const passedOn = ({ approvers, signature }: KeptList): WishBody['approvers']['lists'][number] => ({
  approvers: approvers.map(({ name, key }) => ({ name, key })),
  signature,
})

const withSince = (lists: readonly KeptList[]): readonly KnownApprover[] =>
  (lists.at(-1)?.approvers ?? []).map((approver) => {
    const without = lists.findLastIndex(({ approvers }) => !approvers.some(({ key }) => key === approver.key))
    return { ...approver, since: lists[without + 1]?.at ?? '' }
  })
