import { setTimeout as wait } from 'node:timers/promises'

/** Resolves with the first truthy value of `look`; for real servers, whose time is their own. @throws after `seconds` */
export const eventually = async <T>(
  what: string,
  look: () => T | Promise<T>,
  seconds = 90,
): Promise<NonNullable<T>> => {
  const deadline = performance.now() + seconds * 1000
  for (;;) {
    const value = await look()
    if (value) return value
    if (performance.now() > deadline) throw new Error(`did not come about within ${seconds} s: ${what}`)
    await wait(15)
  }
}
