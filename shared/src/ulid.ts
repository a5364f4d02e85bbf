/** 26 characters of Crockford base32: 48 bits of time, 80 bits that never repeat (github.com/ulid/spec). */
export const ULID_PATTERN = '^[0-7][0-9A-HJKMNP-TV-Z]{25}$'

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const ulid = new RegExp(ULID_PATTERN)

export const isUlid = (text: string): boolean => ulid.test(text)

const base32 = (value: number, length: number): string => {
  let text = ''
  for (let i = 0, rest = value; i < length; i++, rest = Math.floor(rest / 32))
    text = ALPHABET[rest % 32] + text
  return text
}

/** The time in a ULID, milliseconds since 1970; its high bits order ids of different milliseconds. */
export const ulidTime = (id: string): number => {
  let ms = 0
  for (const letter of id.slice(0, 10)) ms = ms * 32 + ALPHABET.indexOf(letter)
  return ms
}

/**
 * Makes ULIDs that never repeat and never go back, even when the wall clock does: within one millisecond,
 * or after a step back, a counter in the low bits goes on.
 * @param random80 80 random bits as two numbers below 2^40, drawn once for each new millisecond
 */
export const ulidFactory = (random80: () => readonly [number, number]): ((wall: number) => string) => {
  let last = -1
  let prefix = ''
  let low = 0
  return (wall) => {
    const now = Math.max(0, Math.floor(wall))
    if (now > last) {
      last = now
      const [high, fresh] = random80()
      prefix = base32(now, 10) + base32(high, 8)
      low = Math.floor(fresh / 2) // leaves room for 2^39 more in this millisecond
    } else low++
    return prefix + base32(low, 8)
  }
}
