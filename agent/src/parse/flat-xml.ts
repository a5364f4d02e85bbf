/** A flat document: the root's name, its own text, and the text of each direct child that has no children. */
export type FlatXml =
  | {
      readonly kind: 'document'
      readonly root: string
      readonly text: string
      readonly fields: ReadonlyMap<string, string>
    }
  | { readonly kind: 'html' }
  | { readonly kind: 'broken'; readonly why: string }

/**
 * Reads the flat XML that modems answer with; never throws. The order of elements does not matter. A document that is
 * not closed is broken as a whole: where it was cut, a value may have been cut too. Children with children are passed
 * over, and a field said twice with different texts is left out, since nobody knows which is true.
 */
export const parseFlatXml = (source: string): FlatXml => {
  const text = stripProlog(source)
  if (isHtml(text)) return { kind: 'html' }
  if (text === '') return broken('an empty answer')
  if (!text.startsWith('<')) return broken('not XML')
  return readRoot(text)
}

const broken = (why: string): FlatXml => ({ kind: 'broken', why })

/** Whether the text begins as a web page does. */
const isHtml = (text: string): boolean =>
  /^<(?:!doctype\s+html|html|head|body|meta|script|title)\b/i.test(text)

const stripProlog = (source: string): string => {
  const text = source.startsWith('\u{FEFF}') ? source.slice(1) : source
  return without(without(text, '<!--', '-->'), '<?', '?>').trim()
}

/** The text without what stands between each `from` and the next `to`; what is never closed stays. */
const without = (text: string, from: string, to: string): string => {
  let kept = ''
  let at = 0
  for (;;) {
    const start = text.indexOf(from, at)
    const end = start < 0 ? -1 : text.indexOf(to, start + from.length)
    if (end < 0) return kept + text.slice(at)
    kept += text.slice(at, start)
    at = end + to.length
  }
}

type Open = { readonly name: string; readonly from: number; hasChildren: boolean }

const TAG = /<(?<close>\/?)(?<name>[A-Za-z_][\w.:-]*)(?:\s[^<>]*?)?(?<empty>\/?)>/g

/** Walks the tags with a stack; anything that does not nest makes the document broken. */
const readRoot = (text: string): FlatXml => {
  const found = new Map<string, string | null>()
  const stack: Open[] = []
  for (const match of text.matchAll(TAG)) {
    const { close, name = '', empty } = match.groups ?? {}
    if (stack.length === 0 && match.index !== 0) return broken('text outside the root element')
    if (!close) open(stack, name, match.index + match[0].length)
    if (!close && !empty) continue
    const element = stack.pop()
    if (element?.name !== name) return broken(`</${name}> closes nothing`)
    const inner = empty ? '' : text.slice(element.from, match.index)
    if (stack.length === 1 && !element.hasChildren) note(found, name, inner)
    if (stack.length > 0) continue
    if (match.index + match[0].length !== text.length) return broken('text after the root element')
    return {
      kind: 'document',
      root: name,
      text: element.hasChildren ? '' : decode(inner),
      fields: agreed(found),
    }
  }
  return broken('the answer is cut off')
}

const open = (stack: Open[], name: string, from: number): void => {
  const parent = stack.at(-1)
  if (parent) parent.hasChildren = true
  stack.push({ name, from, hasChildren: false })
}

const note = (found: Map<string, string | null>, name: string, inner: string): void => {
  const text = decode(inner)
  const before = found.get(name)
  found.set(name, before === undefined || before === text ? text : null)
}

const agreed = (found: ReadonlyMap<string, string | null>): ReadonlyMap<string, string> => {
  const fields = new Map<string, string>()
  for (const [name, text] of found) if (text !== null) fields.set(name, text)
  return fields
}

const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

/** CDATA unwrapped, else entities decoded once; an entity nobody knows stays as it is written. */
const decode = (inner: string): string => {
  const cdata = /^\s*<!\[CDATA\[([\s\S]*?)\]\]>\s*$/.exec(inner)
  if (cdata) return (cdata[1] ?? '').trim()
  return inner.replaceAll(/&(#x[0-9a-f]{1,6}|#\d{1,7}|[a-z]{2,4});/gi, decodeEntity).trim()
}

const decodeEntity = (whole: string, body: string): string => {
  if (!body.startsWith('#')) return NAMED[body] ?? whole
  const hex = body[1] === 'x' || body[1] === 'X'
  const point = Number.parseInt(body.slice(hex ? 2 : 1), hex ? 16 : 10)
  return point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : whole
}
