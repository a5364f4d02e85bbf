import { isSignedBy, type PublicKeyText, type Signable } from './signature.ts'

/** A signing key that an older one vouches for. */
export type Endorsement = {
  readonly site: string
  readonly key: PublicKeyText
  readonly by: PublicKeyText
  readonly signature: string | null
}

/** Whose word counts: what is trusted now, and what is never again. */
export type Pinned = {
  readonly trusted: readonly PublicKeyText[]
  readonly retired: readonly PublicKeyText[]
}

/**
 * Every key that `pinned` leads to: the trusted ones and, link by link, those that they vouch for. A retired key is trusted no
 * more and vouches for nobody.
 */
export const heirsOf = (
  site: string,
  { trusted, retired }: Pinned,
  endorsements: readonly Endorsement[],
): PublicKeyText[] => {
  const heirs = trusted.filter((key) => !retired.includes(key))
  for (const key of heirs)
    for (const link of endorsements) {
      const isNew = link.by === key && !heirs.includes(link.key) && !retired.includes(link.key)
      if (isNew && link.site === site && isSignedBy(key, link)) heirs.push(link.key)
    }
  return heirs
}

/** What the coordinator lets its nodes know of its keys. */
export type Succession = {
  readonly endorsements: readonly Endorsement[]
  readonly retired: readonly PublicKeyText[]
}

/**
 * What is pinned after a word of succession, or null when nobody who is trusted gave it. Whoever slept through several
 * successions follows them all at once; a retirement counts only from the mouth of a key that stays.
 */
export const succeeded = (
  site: string,
  pinned: Pinned,
  word: Signable & { readonly body: Succession },
): Pinned | null => {
  const heirs = heirsOf(site, pinned, word.body.endorsements)
  const speaker = heirs.find((key) => isSignedBy(key, word))
  if (speaker === undefined || word.body.retired.includes(speaker)) return null
  const retired = [...new Set([...pinned.retired, ...word.body.retired])]
  return { trusted: heirs.filter((key) => !retired.includes(key)), retired }
}
