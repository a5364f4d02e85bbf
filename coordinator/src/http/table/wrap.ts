import { clean } from './clean.ts'

/** A screen has at least this many columns. */
export const WIDEST = 100

/** Lines of at most `width` columns: broken between words, and within one that is longer than a line. */
export const wrap = (text: string, width: number = WIDEST): string =>
  text
    .split('\n')
    .flatMap((line) => broken(clean(line), width))
    .join('\n')

const broken = (line: string, width: number): string[] => {
  const lines: string[] = []
  const indent = /^ */.exec(line)?.[0].slice(0, width / 2) ?? ''
  let rest = line
  while (rest.length > width) {
    const space = rest.lastIndexOf(' ', width)
    const at = space > indent.length ? space : width
    lines.push(rest.slice(0, at).trimEnd())
    rest = indent + rest.slice(at).trimStart()
  }
  return [...lines, rest]
}
