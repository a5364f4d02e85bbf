import type { WantMessage, WishBody, WishKind } from '@infra-home/shared/messages/want.ts'
import { readJson, writeJson } from './small-file.ts'
import type { Disk } from './sys/sys.ts'

type Kept = { [K in WishKind]?: { epoch: number; generation: number; body: WishBody[K] | null } }

export const WISHES_FILE = 'wishes.json'

/** The coordinator's lasting wishes, kept on the node's own disk: they hold while nobody is there to repeat them. */
export type Wishes = {
  get<K extends WishKind>(kind: K): WishBody[K] | null
  /** Keeps a newer wish and says how it stands to the one we know; the disk has it when this resolves. */
  take<K extends WishKind>(kind: K, wish: WantMessage<K>): Promise<WishAge>
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
  let writing: Promise<void> = Promise.resolve()
  const write = (): Promise<void> => writeJson(disk, WISHES_FILE, kept)
  return {
    get: (kind) => kept[kind]?.body ?? null,
    async take(kind, { epoch, generation, body }) {
      const age = ageOf({ epoch, generation }, kept[kind])
      if (age !== 'newer') return age
      kept[kind] = { epoch, generation, body } as never
      writing = writing.then(write, write) // wishes come together, and there is one file
      await writing
      return age
    },
  }
}
