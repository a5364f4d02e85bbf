import type { Log } from '@infra-home/shared/log.ts'
import type { WantMessage } from '@infra-home/shared/messages/want.ts'
import { isSignedBy, type PublicKeyText, type Signable } from '@infra-home/shared/seal/signature.ts'
import { type Pinned, succeeded } from '@infra-home/shared/seal/succession.ts'
import { readJson, writeJson } from './small-file.ts'
import type { Disk } from './sys/sys.ts'

export const KEYS_FILE = 'keys.json'

/** Why a word of the coordinator does not count. */
export type SignatureFault = 'unsigned' | 'altered'

export type PinnedKeys = {
  /** Null when a key that counts here signed `message` as it stands. */
  faultOf(message: Signable): SignatureFault | null
  /** Follows the coordinator to its next key; resolves to a fault when nobody who counts said so. */
  follow(word: WantMessage<'keys'>): Promise<SignatureFault | null>
}

/**
 * Whose word this agent obeys: the keys it was given when it was enrolled, and whoever they handed over to since, which stands
 * on its own disk.
 * @param roots what the configuration pins
 */
export const openPinnedKeys = async (
  disk: Disk,
  {
    site,
    roots,
    log,
  }: { readonly site: string; readonly roots: readonly PublicKeyText[]; readonly log: Log },
): Promise<PinnedKeys> => {
  const kept = await readJson<Pinned>(disk, KEYS_FILE, { trusted: [], retired: [] })
  const first = [...kept.trusted, ...roots].filter((key) => !kept.retired.includes(key))
  let pinned: Pinned = { trusted: [...new Set(first)], retired: kept.retired }

  const faultOf = (message: Signable): SignatureFault | null => {
    if (message.signature === null) return 'unsigned'
    return pinned.trusted.some((key) => isSignedBy(key, message)) ? null : 'altered'
  }

  return {
    faultOf,
    async follow({ body, ...word }) {
      if (body === null) return faultOf({ ...word, body } as Signable)
      const next = succeeded(site, pinned, { ...word, body })
      if (next === null) return word.signature === null ? 'unsigned' : 'altered'
      if (next.trusted.join() === pinned.trusted.join() && next.retired.join() === pinned.retired.join())
        return null
      pinned = next
      log('info', 'the coordinator signs with other keys now', { keys: next.trusted.length })
      await writeJson(disk, KEYS_FILE, pinned)
      return null
    },
  }
}
