/** Where a text stops being JSON, and why; lines and columns count from 1, columns in UTF-16 units. */
export type JsonFault = { readonly line: number; readonly column: number; readonly what: string }

/**
 * The first fault of a JSON text (RFC 8259), or null. A key that stands twice in one object is one: parsers silently
 * keep the last, and whoever reads the file sees the first.
 */
export const jsonFault = (text: string): JsonFault | null => {
  const scan: Scan = { text, at: 0 }
  try {
    value(scan, 0)
    blank(scan)
    return scan.at === text.length ? null : fault(scan, 'something follows the end')
  } catch (error) {
    if (error instanceof Fault) return fault(scan, error.message)
    throw error
  }
}

/** A fault for people: `at line 3, column 7: expected , or }`. */
export const jsonFaultText = ({ line, column, what }: JsonFault): string =>
  `at line ${line}, column ${column}: ${what}`

type Scan = { readonly text: string; at: number }

const DEEPEST = 64

const fault = ({ text, at }: Scan, what: string): JsonFault => {
  const before = text.slice(0, at).split('\n')
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1, what }
}

const value = (scan: Scan, depth: number): void => {
  blank(scan)
  const first = scan.text[scan.at]
  if (first === undefined) throw new Fault('the text ends where a value is expected')
  if (depth > DEEPEST) throw new Fault(`nested more than ${DEEPEST} deep`)
  if (first === '{') return object(scan, depth)
  if (first === '[') return array(scan, depth)
  if (first === '"') return void string(scan)
  if (!take(scan, SCALAR)) throw new Fault('no value starts like this')
}

const object = (scan: Scan, depth: number): void => {
  const keys = new Set<string>()
  scan.at += 1
  if (take(scan, CLOSING_BRACE)) return
  do {
    blank(scan)
    const start = scan.at
    if (scan.text[start] !== '"') throw new Fault('expected a key in double quotes')
    const key = string(scan)
    if (keys.has(key)) {
      scan.at = start
      throw new Fault(`the key ${JSON.stringify(key)} stands twice in one object`)
    }
    keys.add(key)
    if (!take(scan, COLON)) throw new Fault('expected : after a key')
    value(scan, depth + 1)
  } while (take(scan, COMMA))
  if (!take(scan, CLOSING_BRACE)) throw new Fault('expected , or }')
}

const array = (scan: Scan, depth: number): void => {
  scan.at += 1
  if (take(scan, CLOSING_BRACKET)) return
  do value(scan, depth + 1)
  while (take(scan, COMMA))
  if (!take(scan, CLOSING_BRACKET)) throw new Fault('expected , or ]')
}

/** Takes a string and returns what it says. */
const string = (scan: Scan): string => {
  const found = take(scan, STRING)
  if (found === null)
    throw new Fault('a string that does not end, or with a bare control character or bad escape')
  return JSON.parse(found) as string
}

const blank = (scan: Scan): void => void take(scan, BLANK)

/** Takes what `pattern` (sticky) matches here; stays when it does not. */
const take = (scan: Scan, pattern: RegExp): string | null => {
  pattern.lastIndex = scan.at
  const found = pattern.exec(scan.text)?.[0] ?? null
  scan.at += found?.length ?? 0
  return found
}

const BLANK = /[ \t\n\r]*/y
const SCALAR = /(?:true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)(?![\w.+-])/y
/** RFC 8259 §7: unescaped is anything from the space on but the quote and the backslash. */
const STRING = /"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y
const COMMA = /[ \t\n\r]*,/y
const COLON = /[ \t\n\r]*:/y
const CLOSING_BRACE = /[ \t\n\r]*\}/y
const CLOSING_BRACKET = /[ \t\n\r]*\]/y

class Fault extends Error {}
