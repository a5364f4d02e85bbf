/** What a script in the machine said, its own lines apart from those of the machine. */
export type Said = {
  /** of the script; null when it did not come to its end */
  readonly exitCode: number | null
  /** both streams of the script */
  readonly output: string
  /** what stood on lines `::result JSON` of the script */
  readonly results: readonly unknown[]
}

export type Transcript = {
  line(text: string): void
  whole(): Said
}

/** Gathers the lines of the script and the `::exit N` of the machine. */
export const newTranscript = (): Transcript => {
  const lines: string[] = []
  let exitCode: number | null = null
  return {
    line: (text) => {
      const code = /^::exit (\d+)$/.exec(text)?.[1]
      if (code === undefined) lines.push(text)
      else exitCode = Number(code)
    },
    whole: () => ({
      exitCode,
      // The machine begins a line of its own before `::exit`, for the script's last one may be unfinished.
      output: lines.join('\n').replace(/\n$/, ''),
      results: lines.flatMap(resultOf),
    }),
  }
}

const RESULT = '::result '

const resultOf = (line: string): unknown[] =>
  line.startsWith(RESULT) ? [JSON.parse(line.slice(RESULT.length))] : []
