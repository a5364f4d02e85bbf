/** Septets as octets, the first in the lowest bits (§6.1.2.1), after `fill` empty bits. */
export const packSeptets = (septets: readonly number[], fill: number): Uint8Array => {
  const octets = new Uint8Array(Math.ceil((septets.length * 7 + fill) / 8))
  for (const [i, septet] of septets.entries()) {
    const bit = fill + i * 7
    const shifted = septet << (bit % 8)
    octets[bit >> 3] = (octets[bit >> 3] ?? 0) | (shifted & 0xff)
    if (shifted > 0xff) octets[(bit >> 3) + 1] = shifted >> 8
  }
  return octets
}
