/** Which number each uplink goes by: tables, rules and marks are numbered, and flows carry marks for as long as they live. */
export type UplinkNumbers = Readonly<Record<string, number>>

/** As many as there are tables and rules for. */
const ALL = Array.from({ length: 40 }, (_, i) => i + 1)

/**
 * The numbers of `ids`, and of all who ever had one: who is new gets the lowest that is free, and that of a former uplink only when there is no other,
 * since flows may carry its mark for long. Pure.
 */
export const numbered = (known: UplinkNumbers, ids: readonly string[]): UplinkNumbers => {
  const numbers = new Map(Object.entries(known))
  for (const id of ids) {
    if (numbers.has(id)) continue
    const taken = new Set(numbers.values())
    const free = ALL.find((one) => !taken.has(one))
    const former = free === undefined ? [...numbers].find(([one]) => !ids.includes(one)) : undefined
    if (former) numbers.delete(former[0])
    const index = free ?? former?.[1]
    if (index !== undefined) numbers.set(id, index)
  }
  return Object.fromEntries(numbers)
}

/** Uplinks that are in no plan any more: whatever carries their mark leads nowhere. Pure. */
export const formerUplinks = (
  numbers: UplinkNumbers,
  { uplinks }: { readonly uplinks: readonly { readonly id: string }[] },
): readonly { readonly id: string; readonly index: number; readonly metered: boolean }[] =>
  Object.entries(numbers)
    .filter(([id]) => !uplinks.some((one) => one.id === id))
    .map(([id, index]) => ({ id, index, metered: false }))
