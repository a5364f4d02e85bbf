import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** Something that cannot be guessed, for an address: whoever knows it may read what lies there. */
export const newCapability = (): string => randomBytes(32).toString('base64url')

/** Whether both are the same, in a time that says nothing about where they differ. */
export const sameCapability = (known: string, given: string): boolean =>
  timingSafeEqual(digest(known), digest(given))

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
