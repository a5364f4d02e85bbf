/** RFC 1918, and the link-local addresses of RFC 3927. */
const PRIVATE: readonly ((first: number, second: number) => boolean)[] = [
  (first) => first === 10,
  (first, second) => first === 172 && second >= 16 && second <= 31,
  (first, second) => first === 192 && second === 168,
  (first, second) => first === 169 && second === 254,
]

/** Whether a text is an IPv4 address that nobody on the Internet has. */
export const isPrivateAddress = (text: string): boolean => {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number) ?? []
  const [first, second] = parts
  if (first === undefined || second === undefined || parts.some((part) => part > 255)) return false
  return PRIVATE.some((isIn) => isIn(first, second))
}
