import type { HttpAnswer } from '../sys.ts'

/** What happens to an answer on its way out: nothing, its second half is lost, a web page comes instead, or anything. */
export type Distortion = 'whole' | 'half' | 'html' | ((body: string, path: string) => string)

export const HTML_PAGE =
  '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">\n' +
  '<html><head><title>mobile broadband</title></head><body>rsrp: -60dBm</body></html>\n'

export const distort = (answer: HttpAnswer, distortion: Distortion, path: string): HttpAnswer =>
  distortion === 'html'
    ? { status: 200, headers: { 'content-type': 'text/html' }, body: HTML_PAGE }
    : { ...answer, body: distortText(answer.body, distortion, path) }

/** The same with text alone; `what` says what was asked. */
export const distortText = (text: string, distortion: Distortion, what: string): string => {
  if (distortion === 'whole') return text
  if (distortion === 'html') return HTML_PAGE
  if (distortion === 'half') return text.slice(0, Math.floor(text.length / 2))
  return distortion(text, what)
}

/** The items in an order that the seed decides (keys of a linear congruential generator). */
export const shuffled = <T>(items: readonly T[], seed: number): readonly T[] => {
  const order = items.map((item) => ({ item, key: 0 }))
  let state = (seed + 1) >>> 0
  for (const entry of order) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    entry.key = state
  }
  return order.sort((a, b) => a.key - b.key).map(({ item }) => item)
}
