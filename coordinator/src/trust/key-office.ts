import type { Coordinator } from '../coordinator.ts'
import type { SigningKeys } from './signing-keys.ts'

/** What is known of one signing key; the time is RFC 3339, and null for a retired one. */
export type SigningKeyView = {
  readonly key: string
  readonly state: 'signs' | 'prepared' | 'retired'
  readonly since: string | null
}

/** Where the signing key changes hands: journalled, and told to every node. */
export type KeyOffice = {
  list(): readonly SigningKeyView[]
  /** Makes the next key; null when one is prepared already. */
  prepare(by: string): Promise<string | null>
  /** Lets the prepared key take over from the one that signs; null when none is prepared. */
  retire(by: string): Promise<string | null>
}

export const openKeyOffice = (
  signing: SigningKeys,
  {
    world,
    wish,
    greet,
    ask,
    now,
  }: Pick<Coordinator, 'world' | 'wish' | 'greet' | 'ask'> & { readonly now: () => string },
): KeyOffice => {
  const announce = (): void => {
    for (const node of Object.keys(world.nodes)) wish(node, 'keys', signing.succession())
    greet() // what is kept at the broker was signed with the old one
  }
  return {
    list: () => [
      ...signing.keys().map(({ key, since }, i) => ({
        key,
        state: i === 0 ? ('signs' as const) : ('prepared' as const),
        since,
      })),
      ...signing.succession().retired.map((key) => ({ key, state: 'retired' as const, since: null })),
    ],
    async prepare(by) {
      const key = signing.prepare(now())
      if (key === null) return null
      announce()
      await ask({ request: 'prepare-signing-key', key, by })
      return key
    },
    async retire(by) {
      const key = signing.retire()
      if (key === null) return null
      announce()
      await ask({ request: 'retire-signing-key', key, by })
      return key
    },
  }
}
