/** What stands for a value that may be a secret. */
const NOT_SHOWN = '(not shown)'

/** Known keys that hold a secret themselves. */
const KNOWN = /^(?:password|secret|token|bearer|pin)$/i
/** How people call what they keep to themselves; whoever knows an address to post to may post. */
const SOUNDS_SECRET = /pass|pwd|token|secret|bearer|auth|cookie|credential|headers|url|pin|key/i
const NAMES_FILE = /file$/i
/** Keys, a header's token, and a user in an address are secrets wherever they stand. */
const LOOKS_SECRET = /PRIVATE KEY|SECRET-KEY|bearer\s+\S|:\/\/[^/\s]*@/i
const IS_ADDRESS = /:\/\//

/** Whether a key sounds as if its value were a secret. */
export const soundsSecret = (key: string): boolean => SOUNDS_SECRET.test(key)

/** A value of a key that nobody knows: whatever it was meant to be, it may be a secret. */
export const ofUnknownKey = (key: string, value: unknown): unknown =>
  soundsSecret(key) || IS_ADDRESS.test(textIn(value)) ? NOT_SHOWN : value

/** JSON of what stands at a place (JSON pointer), for the screen and the log: no secret is in it. */
export const withoutSecrets = (path: string, value: unknown): string => {
  const own = path.split('/').findLast((part) => !/^\d*$/.test(part)) ?? ''
  if (KNOWN.test(own) || isMisplaced(own, value)) return JSON.stringify(NOT_SHOWN)
  return JSON.stringify(value, (key, inner: unknown) =>
    (soundsSecret(key) && !NAMES_FILE.test(key)) || isMisplaced(key, inner) ? NOT_SHOWN : inner,
  )
}

/** A secret where none belongs: an address instead of the file that holds it, say. */
const isMisplaced = (key: string, value: unknown): boolean =>
  LOOKS_SECRET.test(textIn(value)) || (NAMES_FILE.test(key) && IS_ADDRESS.test(textIn(value)))

const textIn = (value: unknown): string => (typeof value === 'string' ? value : '')
