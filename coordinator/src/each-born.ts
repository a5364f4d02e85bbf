import type { CancelTimer } from '@infra-home/shared/clock.ts'
import type { EntryStream } from './audit/stream.ts'
import { nodesOf, type World } from './world/world.ts'

export type EachBorn = {
  /** Calls for every node that has been born so far. */
  again(): void
  readonly stop: CancelTimer
}

/** Calls `tell` for every node that is known to live, now and the first time that another is born. */
export const eachBorn = (
  { world, stream }: { readonly world: World; readonly stream: EntryStream },
  tell: (node: string) => void,
): EachBorn => {
  const told = new Set<string>()
  const tellOne = (node: string): void => {
    told.add(node)
    tell(node)
  }
  const again = (): void => {
    for (const { name, birth } of nodesOf(world)) if (birth) tellOne(name)
  }
  const stop = stream.subscribe((entry) => {
    if (entry.kind === 'message' && entry.body.said.kind === '$birth' && entry.node && !told.has(entry.node))
      tellOne(entry.node)
  })
  again()
  return { again, stop }
}
