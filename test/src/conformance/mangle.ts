/** A number from 0 up to but not including `below`; the same seed gives the same row. */
export type Random = (below: number) => number

export const randomFrom = (seed: number): Random => {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return (state >>> 8) % below
  }
}

const RUBBISH: readonly string[] = [
  '',
  ' ',
  '-999',
  '-999dBm',
  '--86dBm',
  '-86dB',
  '-8 6dBm',
  '0dBm',
  'NaN',
  'null',
  'undefined',
  'Infinity',
  '1e309',
  '0x1F',
  '99999999999999999999999',
  '<',
  '>',
  '</response>',
  '<response>',
  '&lt;',
  '&#0;',
  '&#x110000;',
  '\u0000',
  '\uFFFD\uD800',
  '__proto__',
  'x'.repeat(3000),
]

/** What a sane device may say too, elsewhere: in its place it is a truth, or a lie that nobody can know for one. */
const PLAUSIBLE: readonly string[] = [...RUBBISH, '0', '-1']

/** Replaces a few words of a text, at random, with what a device gone mad might say; `plain`: with nothing that could be true of it. */
export const mangle = (text: string, random: Random, plain = false): string => {
  const rubbish = plain ? RUBBISH : PLAUSIBLE
  const words = [...text.matchAll(/[^\s<>="/]+/g)]
  let mangled = text
  for (let i = random(4); i > 0 && words.length > 0; i--) {
    const word = words[random(words.length)]?.[0] ?? ''
    mangled = mangled.replace(word, () => rubbish[random(rubbish.length)] ?? '')
  }
  return random(10) === 0 ? mangled.slice(0, random(mangled.length + 1)) : mangled
}
