import { CTRL_Z, ESCAPE } from '../serial.ts'
import type { AtCore } from './at-core.ts'

/** Characters in, characters out: what a simulated modem is at the end of a wire, be it a terminal or a socket. */
export type AtTalker = { hear(characters: string): string }

export type AtTalkerOptions = {
  readonly core: AtCore
  readonly echoes: () => boolean
  /** What the modem says of itself between its answers, and in the midst of them; none unless given. */
  readonly unsolicited?: readonly string[]
}

const END_OF_LINE = new RegExp(`\\r|${CTRL_Z}|${ESCAPE}`)

/** A line ends with a carriage return, Ctrl-Z or escape; answers have theirs before and behind each line (V.250 §5.7.1). */
export const atTalker = ({ core, echoes, unsolicited = [] }: AtTalkerOptions): AtTalker => {
  let rest = ''
  let turn = 0
  const chatter = (): string => {
    const line = unsolicited[turn++ % unsolicited.length]
    return line === undefined ? '' : wired(line)
  }
  const answer = (line: string, end: string): string => {
    const echo = echoes() ? line + end : ''
    const lines = core.answer(end === '\r' ? line : line + end)
    return chatter() + echo + lines.map((one) => chatter() + wired(one)).join('')
  }
  return {
    hear(characters) {
      let said = ''
      rest += characters
      for (let end = END_OF_LINE.exec(rest); end; end = END_OF_LINE.exec(rest)) {
        const line = rest.slice(0, end.index).replaceAll('\n', '')
        rest = rest.slice(end.index + 1)
        said += answer(line, end[0])
      }
      return said
    },
  }
}

const wired = (line: string): string => (line === '>' ? '\r\n> ' : `\r\n${line}\r\n`)
