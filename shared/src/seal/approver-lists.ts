import { createHash } from 'node:crypto'
import { type ApprovalFault, type Approver, verifyApproval } from './ssh-signature-approval.ts'

/** Everybody who may approve, from one list to the next. */
export type ApproverList = {
  readonly approvers: readonly Approver[]
  /** By somebody of the list before, over `listText`: what `ssh-keygen -Y sign` wrote. Null for the first of all. */
  readonly signature: string | null
}

/** What somebody holds to: the newest list that they were led to. */
export type PinnedList = {
  /** 1 for the first. */
  readonly number: number
  /** `SHA256:…` of its text. */
  readonly hash: string
  readonly approvers: readonly Approver[]
}

/** What a signature on a list is for: `ssh-keygen -Y sign -n infra-home-approvers`. An approval of anything else is none. */
export const LIST_NAMESPACE = 'infra-home-approvers'

/**
 * Why lists don't count: they end before the pinned one, they lead past it, or nobody of the list before signed this one.
 * `number` is that of the list.
 */
export type ListFault =
  | { readonly reason: 'older' | 'other-approvers'; readonly number: number }
  | { readonly reason: 'unapproved'; readonly number: number; readonly why: ApprovalFault }

/** What is signed: read by people before they sign it, and of no other home, no other place in the row and no other row. */
export const listText = (
  site: string,
  { number, after, approvers }: Pick<PinnedList, 'number' | 'approvers'> & { readonly after: string | null },
): string =>
  [
    'Who may approve in an infra home',
    `site ${site}`,
    `list ${number}`,
    `after ${after ?? 'nothing'}`,
    ...approvers.map(({ name, key }) => `approver ${name} ${key}`),
    '',
  ].join('\n')

/** As OpenSSH writes fingerprints. */
export const listHash = (text: string): string =>
  `SHA256:${createHash('sha256').update(text).digest('base64').replace(/=+$/, '')}`

/** Where lists lead: `by` is who signed the last one that was new, and null when none was, or nobody had to. */
export type Followed = {
  readonly pinned: PinnedList | null
  readonly by: string | null
  readonly fault: ListFault | null
}

/**
 * Goes from the pinned list as far as signatures lead. Whoever has none pins the first one it hears; from then on nobody but an
 * approver of a list can replace it, in particular not whoever passes it on. Pure.
 */
export const followLists = (
  site: string,
  pinned: PinnedList | null,
  lists: readonly ApproverList[],
): Followed => {
  let [before, by]: [PinnedList | null, string | null] = [null, null]
  for (const { approvers, signature } of lists) {
    const number: number = (before?.number ?? 0) + 1
    const text = listText(site, { number, after: before?.hash ?? null, approvers })
    const list: PinnedList = { number, hash: listHash(text), approvers }
    if (number === pinned?.number && list.hash !== pinned.hash)
      return { pinned, by: null, fault: { reason: 'other-approvers', number } }
    if (before && number > (pinned?.number ?? 1)) {
      const approval = { text, signature: signature ?? '', namespace: LIST_NAMESPACE }
      const verdict = verifyApproval(approval, before.approvers)
      if (!verdict.ok)
        return { pinned: before, by, fault: { reason: 'unapproved', number, why: verdict.reason } }
      by = verdict.approver
    }
    before = list
  }
  const ended = before?.number ?? 0
  if (pinned && ended < pinned.number) return { pinned, by, fault: { reason: 'older', number: ended } }
  return { pinned: before, by, fault: null }
}
