import { InfraError } from '@infra-home/shared/errors.ts'
import type { Log } from '@infra-home/shared/log.ts'
import type { EventBody } from '@infra-home/shared/messages/event.ts'
import { PinnedApproverList, type WishBody } from '@infra-home/shared/messages/want.ts'
import { checker } from '@infra-home/shared/problem.ts'
import { followLists, type ListFault, type PinnedList } from '@infra-home/shared/seal/approver-lists.ts'
import { writeJson } from './small-file.ts'
import type { Disk } from './sys/sys.ts'

export const APPROVERS_FILE = 'approvers.json'

export type PinnedApprovers = {
  /**
   * Follows the lists as far as approvers' signatures lead; the disk has it when this resolves. A wish that is taken back takes
   * nobody's name away. @throws InfraError disk-full, disk-failed
   */
  follow(body: WishBody['approvers'] | null): Promise<ListFault['reason'] | null>
}

export type PinnedApproversOptions = {
  readonly site: string
  readonly disk: Disk
  readonly log: Log
  readonly tell: (change: EventBody['approvers']) => void
}

/**
 * Whose approval counts on this machine. The coordinator passes the lists on but cannot write one: the first that is heard is
 * pinned, and every next one has the signature of somebody who stood in the one before.
 */
export const openPinnedApprovers = ({ site, disk, log, tell }: PinnedApproversOptions): PinnedApprovers => {
  let turn: Promise<unknown> = Promise.resolve()
  const follow = async ({ lists }: WishBody['approvers']): Promise<ListFault['reason'] | null> => {
    const before = await pinnedApprovers(disk)
    const { pinned, fault } = followLists(site, before, lists)
    if (fault) log('warn', 'did not follow a list of approvers', { ...fault })
    if (pinned && pinned.hash !== before?.hash) {
      await writeJson(disk, APPROVERS_FILE, pinned)
      const names = pinned.approvers.map(({ name }) => name)
      log('info', 'other people may approve now', { list: pinned.number, names: names.join(' ') })
      tell({ list: pinned.number, after: before?.number ?? 0, hash: pinned.hash, names })
    }
    return fault?.reason ?? null
  }
  return {
    follow(body) {
      if (body === null) return Promise.resolve(null)
      const ours = turn.catch(() => {}).then(() => follow(body))
      turn = ours
      return ours
    },
  }
}

/**
 * The list that counts on this machine now; null when none was ever heard. Read each time: that is seldom.
 * @throws InfraError disk-failed when the file is damaged: whoever took that for none would let the coordinator choose
 */
export const pinnedApprovers = async (disk: Disk): Promise<PinnedList | null> => {
  const bytes = await disk.read(APPROVERS_FILE)
  if (!bytes) return null
  const pinned = parsed(bytes)
  if (check(pinned).length === 0) return pinned as PinnedList
  throw new InfraError(
    'disk-failed',
    `${APPROVERS_FILE} is damaged: compare with another device, then agent approvers forget`,
  )
}

const check = checker(PinnedApproverList)

const parsed = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return null
  }
}
