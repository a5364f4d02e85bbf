/** C0 and C1 controls, marks that turn the writing around, what has no width, line and paragraph separators. */
const CONTROL = new RegExp(
  '[\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff]',
  'g',
)

/** A device may call itself anything; a terminal gets no control characters from it. */
export const clean = (text: string): string =>
  text.search(CONTROL) < 0 ? text : text.replaceAll(CONTROL, '?')

/** The beginning of a text that is too long, and a sign of it; no character is cut in half. */
export const cut = (text: string, width: number): string => {
  if (text.length <= width) return text
  const kept = text.slice(0, Math.max(0, width - 1))
  return `${kept.replace(/[\uD800-\uDBFF]$/, '')}…`
}
