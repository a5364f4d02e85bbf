import { InfraError } from '@infra-home/shared/errors.ts'
import { MOST_LISTS, WISHES, type WishBody } from '@infra-home/shared/messages/want.ts'
import { checker } from '@infra-home/shared/problem.ts'
import {
  type ApproverList,
  followLists,
  type ListFault,
  listText,
  type PinnedList,
} from '@infra-home/shared/seal/approver-lists.ts'
import type { Approver } from '@infra-home/shared/seal/ssh-signature-approval.ts'

/** A list that waits for the signature of somebody who stands in the one that counts. */
export type Proposal = Pick<PinnedList, 'number' | 'approvers'> & {
  /** What has to be signed, in the namespace `LIST_NAMESPACE`. */
  readonly text: string
  /** Who can. */
  readonly signers: readonly string[]
}

export type KnownApprover = Approver & {
  /** RFC 3339: since which list without a break. */
  readonly since: string
}

/** A list that counts or counted, and who signed it; null for the first. */
export type SignedList = PinnedList & { readonly by: string | null }

type KeptList = ApproverList & { readonly at: string }

/** What stands in the coordinator's book: every list there was, and one that waits. */
export type ApproverBook = {
  readonly lists: readonly KeptList[]
  readonly proposed: { readonly approvers: readonly Approver[] }
}

export const NO_APPROVERS: ApproverBook = { lists: [], proposed: { approvers: [] } }

/** What a wish to an agent can carry, with room for its envelope. */
const MOST_BYTES = 128 * 1024

/** Every list in order with who signed it, and where the row breaks; null when each is signed by somebody of the one before. */
export type ApproverRow = { readonly row: readonly SignedList[]; readonly fault: ListFault | null }

/** Checks each signature once. Pure, as all below. */
export const rowOf = (site: string, { lists }: ApproverBook): ApproverRow => {
  const row: SignedList[] = []
  for (const [i] of lists.entries()) {
    const { pinned, by, fault } = followLists(site, row.at(-1) ?? null, lists.slice(0, i + 1))
    if (fault || !pinned) return { row, fault }
    row.push({ ...pinned, by })
  }
  return { row, fault: null }
}

export const proposalIn = (
  site: string,
  { proposed }: ApproverBook,
  now: SignedList | undefined,
): Proposal | null => {
  const { approvers } = proposed
  if (!now || approvers.length === 0) return null
  const number = now.number + 1
  const signers = [...new Set(now.approvers.map(({ name }) => name))]
  return { number, approvers, signers, text: listText(site, { number, after: now.hash, approvers }) }
}

/** What a change starts from: what is proposed already, else what counts. */
export const draftOf = ({ lists, proposed }: ApproverBook): readonly Approver[] =>
  proposed.approvers.length > 0 ? proposed.approvers : (lists.at(-1)?.approvers ?? [])

/** By name and key: the same people make the same list, whoever was named first. */
export const inOrder = (approvers: readonly Approver[]): readonly Approver[] =>
  approvers.toSorted((a, b) => order(a.name, b.name) || order(a.key, b.key))

const order = (a: string, b: string): number => (a < b ? -1 : Number(a > b))

export const withSince = ({ lists }: ApproverBook): readonly KnownApprover[] =>
  (lists.at(-1)?.approvers ?? []).map((approver) => {
    const without = lists.findLastIndex(({ approvers }) => !approvers.some(({ key }) => key === approver.key))
    return { ...approver, since: lists[without + 1]?.at ?? '' }
  })

/** What nodes follow. */
export const wishedOf = (lists: readonly ApproverList[]): WishBody['approvers'] => ({
  lists: lists.map(({ approvers, signature }) => ({
    approvers: approvers.map(({ name, key }) => ({ name, key })),
    signature,
  })),
})

const check = checker(WISHES.approvers)

/** @throws InfraError usage when no node would take these lists */
export const checkCarried = (lists: readonly ApproverList[]): void => {
  if (lists.length > MOST_LISTS || JSON.stringify(lists).length > MOST_BYTES)
    throw new InfraError('usage', 'there are more lists than devices take: begin anew with approver forget')
  const [problem] = check(wishedOf(lists))
  if (!problem) return
  throw new InfraError('usage', `no device would take that: ${problem.path} – expected ${problem.expected}`)
}
