/** Which number each uplink goes by: tables, rules and marks are numbered, and flows carry marks for as long as they live. */
export type UplinkNumbers = Readonly<Record<string, number>>

/** The numbers of `ids`: who has one keeps it, who is new gets the lowest that is free. Pure. */
export const numbered = (known: UplinkNumbers, ids: readonly string[]): UplinkNumbers => {
  const kept = new Map(ids.flatMap((id) => (known[id] === undefined ? [] : [[id, known[id]] as const])))
  const taken = new Set(kept.values())
  for (const id of ids) {
    if (kept.has(id)) continue
    let free = 1
    while (taken.has(free)) free++
    taken.add(free)
    kept.set(id, free)
  }
  return Object.fromEntries(kept)
}
