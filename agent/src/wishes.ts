import type { WantMessage, WishBody, WishKind } from '@infra-home/shared/messages/want.ts'
import { readJson, writeJson } from './small-file.ts'
import type { Disk } from './sys/sys.ts'
import { turnstile } from './turnstile.ts'

type Kept = { [K in WishKind]?: { epoch: number; generation: number; body: WishBody[K] | null } }

export const WISHES_FILE = 'wishes.json'

/** The coordinator's lasting wishes, kept on the node's own disk: they hold while nobody is there to repeat them. */
export type Wishes = {
  get<K extends WishKind>(kind: K): WishBody[K] | null
  /** Takes a newer wish, and says how it stands to the one that we know. It holds at once, on a disk that is full too. */
  take<K extends WishKind>(kind: K, wish: WantMessage<K>): WishAge
  /** Resolves when the disk has all that was taken. @throws InfraError as the disk does; the next call tries again */
  kept(): Promise<void>
}

export type WishAge = 'newer' | 'known' | 'older'

type Turn = { readonly epoch: number; readonly generation: number }

/** How a wish stands to the one that is kept. Pure. */
const ageOf = (wish: Turn, kept: Turn | undefined): WishAge => {
  if (!kept) return 'newer'
  const ahead = wish.epoch - kept.epoch || wish.generation - kept.generation
  if (ahead === 0) return 'known'
  return ahead > 0 ? 'newer' : 'older'
}

/** What is wished now, for who looks now and then and does not wait to be told. */
export const wishOnDisk = async <K extends WishKind>(disk: Disk, kind: K): Promise<WishBody[K] | null> =>
  (await readJson<Kept>(disk, WISHES_FILE, {}))[kind]?.body ?? null

export const openWishes = async (disk: Disk): Promise<Wishes> => {
  const kept: Kept = await readJson<Kept>(disk, WISHES_FILE, {})
  const inTurn = turnstile() // wishes come together, and there is one file
  let [taken, written] = [0, 0]
  return {
    get: (kind) => kept[kind]?.body ?? null,
    take(kind, { epoch, generation, body }) {
      const age = ageOf({ epoch, generation }, kept[kind])
      if (age !== 'newer') return age
      kept[kind] = { epoch, generation, body } as never
      taken++
      return age
    },
    kept: () =>
      inTurn(async () => {
        const newest = taken
        if (written === newest) return
        await writeJson(disk, WISHES_FILE, kept)
        written = newest
      }),
  }
}
