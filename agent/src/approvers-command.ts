import { InfraError } from '@infra-home/shared/errors.ts'
import type { PinnedList } from '@infra-home/shared/seal/approver-lists.ts'
import { parseSshPublicKey, sshFingerprint } from '@infra-home/shared/seal/ssh-signature-key.ts'
import { APPROVERS_FILE, pinnedApprovers } from './pinned-approvers.ts'
import type { Disk } from './sys/sys.ts'

/**
 * `approvers`: who may approve on this machine; `approvers forget`: pin what the coordinator says next, which it says
 * at a connection: an agent that runs has to be restarted.
 * @param words what follows `approvers`
 * @throws InfraError usage, disk-failed
 */
export const approversCommand = async (
  disk: Disk,
  words: readonly string[],
  usage: string,
): Promise<string> => {
  const [verb] = words
  if (verb === undefined) return approverLines(await pinnedApprovers(disk))
  if (verb !== 'forget' || words.length > 1) throw new InfraError('usage', usage)
  await disk.remove(APPROVERS_FILE)
  return 'forgotten: the list that the coordinator says next is pinned; restart the agent to hear it'
}

const approverLines = (pinned: PinnedList | null): string =>
  pinned === null
    ? 'no list of approvers is pinned here: nothing can be approved'
    : [`list ${pinned.number} ${pinned.hash}`, ...pinned.approvers.map(line)].join('\n')

const line = ({ name, key }: PinnedList['approvers'][number]): string => {
  try {
    const parsed = parseSshPublicKey(key)
    return `${name} ${parsed.type} ${sshFingerprint(parsed)}`
  } catch {
    return `${name} ${key}` // of a kind that approves nothing here
  }
}
