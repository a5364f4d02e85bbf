import type { Test } from 'tap'
import type { Broken } from './lives.ts'

/** What must be empty is. */
export const keepsItsPromises = (t: Test, broken: Broken): void => {
  for (const [promise, breaches] of Object.entries(broken)) t.same(breaches, [], promise)
}
