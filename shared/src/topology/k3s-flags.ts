/** One flag of k3s: its name without dashes, its value (empty for a switch), and the item of the list it began in. */
export type K3sFlag = { readonly name: string; readonly value: string; readonly index: number }

/** Reads a list of k3s flags as its command line would: `--node-ip=A`, `--node-ip A` in one item or in two. */
export const readK3sFlags = (flags: readonly string[]): K3sFlag[] =>
  flags.flatMap((item, index) => {
    const [, name, said] = /^--?([a-z0-9-]+)(?:[= ]\s*(.*))?$/s.exec(item.trim()) ?? []
    if (name === undefined) return [] // the value of the item before
    const next = flags[index + 1]?.trim() ?? '-'
    return [{ name, value: said ?? (next.startsWith('-') ? '' : next), index }]
  })
