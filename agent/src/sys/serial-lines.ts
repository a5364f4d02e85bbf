/** A longer answer is of no modem. */
const MOST_CHARACTERS = 65_536

/** What has come back over a serial line so far, cut into lines. */
export type SerialLines = {
  /** Takes what came; the lines once the last is among them, else null. */
  take(text: string): readonly string[] | null
}

/**
 * Collects lines that are not empty up to the first that `isLast` takes. A `>` that no line end follows is a line too: a modem that waits for a
 * text says it so (TS 27.005 §3.5.1). Pure but for what it has collected.
 */
export const serialLines = (isLast: (line: string) => boolean): SerialLines => {
  const lines: string[] = []
  let rest = ''
  const isDone = (line: string): boolean => {
    lines.push(line)
    return isLast(line)
  }
  return {
    take(text) {
      const parts = (rest + text).split(/[\r\n]+/)
      rest = (parts.pop() ?? '').slice(-MOST_CHARACTERS)
      for (const line of parts) if (line.trim() !== '' && isDone(line)) return lines
      if (rest.trim() !== '>' || !isLast('>')) return null
      return [...lines, '>']
    },
  }
}
