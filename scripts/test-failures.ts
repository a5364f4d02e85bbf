// What failed in a long run of tests, to be read at its end: where, and the first lines of what was said there.

/** Lines kept of what a failed assertion says of itself. */
const SAID = 40

/** Reads a run's TAP line by line; `all` gives a text for each assertion that failed, not for the tests around it. */
export const failures = (): { read: (line: string) => void; all: () => string[] } => {
  const found: { place: string[]; said: string[] }[] = []
  // The names of the tests we are in, by their indentation.
  const around: string[] = []
  let saying: { place: string[]; said: string[] } | undefined

  const read = (line: string): void => {
    const depth = (/^ */.exec(line)?.[0].length ?? 0) / 4
    const subtest = /^ *# Subtest: (.*)$/.exec(line)?.[1]
    if (subtest !== undefined) around.splice(depth, around.length, subtest)
    const result = /^ *(not ok|ok) \d+(?: - (.*))?$/.exec(line)
    if (result?.[1] === 'not ok') {
      saying = { place: [...around.slice(0, depth), result[2] ?? ''], said: [] }
      // A test that holds a failed one fails too: the inner one, told before it, says why.
      const inner = found
        .at(-1)
        ?.place.slice(0, depth + 1)
        .map(bare)
        .join('\n')
      if (inner === saying.place.map(bare).join('\n')) saying = undefined
      else found.push(saying)
    } else if (result || subtest !== undefined) saying = undefined
    else if (saying && saying.said.length < SAID && line.trim() !== '') saying.said.push(line.trimEnd())
  }

  return {
    read,
    all: () => found.map(({ place, said }) => [`failed: ${place.join(' > ')}`, ...said].join('\n')),
  }
}

/** A test's name without the time it took: "name # time=3ms". */
const bare = (name: string): string => name.replace(/ # time=.*$/, '').trim()
