/** The alphabet of TS 23.038 §6.2.1: each character at its number. Number 27 begins a character of the extension. */
export const GSM_BASIC =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1BÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà'

/** Its extension (§6.2.1.1). */
export const GSM_EXTENSION: Readonly<Record<string, number>> = {
  '\f': 0x0a,
  '^': 0x14,
  '{': 0x28,
  '}': 0x29,
  '\\': 0x2f,
  '[': 0x3c,
  '~': 0x3d,
  ']': 0x3e,
  '|': 0x40,
  '€': 0x65,
}
export const GSM_ESCAPE = 0x1b

/** The septets of one character: one or two; null when the alphabet does not have it. */
export const septetsOf = (character: string): readonly number[] | null => {
  const extended = GSM_EXTENSION[character]
  if (extended !== undefined) return [GSM_ESCAPE, extended]
  const basic = GSM_BASIC.indexOf(character)
  return basic < 0 || basic === GSM_ESCAPE ? null : [basic]
}
