import { isOfErrand } from '../alerts/errand.ts'
import type { EntryBodies } from './input.ts'
import type { World } from './world.ts'

/** What a node's word of a short message answers: the decision to tell somebody by it. Pure. */
export const deliveryCause = (
  { deliveries }: Pick<World, 'deliveries'>,
  said: EntryBodies['message']['said'],
): string | null => {
  if (said.kind !== 'res') return null
  const { command } = said.message
  const asked = Object.values(deliveries).find(
    ({ triedBy }) => triedBy !== null && isOfErrand(command, triedBy),
  )
  return asked?.triedBy ?? null
}
