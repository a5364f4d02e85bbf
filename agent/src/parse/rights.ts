import type { Right } from '../commands/verbs.ts'

/** Numbers of capabilities(7), as in linux/capability.h. */
const CAPABILITY = { 'network-admin': 12 } as const satisfies Partial<Record<Right, number>>

/** The rights that a process has, from the CapEff line of its /proc/<pid>/status; none when that cannot be read. */
export const parseRights = (status: string | null): Right[] => {
  const mask = BigInt(`0x${/^CapEff:\s*([0-9a-f]{1,16})$/m.exec(status ?? '')?.[1] ?? '0'}`)
  return (Object.keys(CAPABILITY) as (keyof typeof CAPABILITY)[]).filter(
    (right) => (mask >> BigInt(CAPABILITY[right])) & 1n,
  )
}
