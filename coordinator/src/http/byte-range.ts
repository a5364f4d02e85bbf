/** First and last byte, both included. */
export type ByteRange = { readonly start: number; readonly end: number }

/**
 * What a Range header asks for of `length` bytes; null for all of them. Of the forms of RFC 9110 §14.1 it knows the one that
 * goes on with a broken transfer, `bytes=FROM-` and `bytes=FROM-TO`; whatever else is asked for may be ignored (§14.2).
 */
export const byteRange = (header: string | undefined, length: number): ByteRange | null => {
  const [, from = '', to = ''] = /^bytes=(\d{1,15})-(\d{0,15})$/.exec(header ?? '') ?? []
  if (from === '') return null
  const start = Number(from)
  const end = Math.min(to === '' ? Infinity : Number(to), length - 1)
  return start <= end ? { start, end } : null
}
