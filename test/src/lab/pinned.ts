import { spawnSync } from 'node:child_process'
import { eventually } from '../helpers/eventually.ts'

/**
 * Counts the flows from an address of the house that are pinned to the uplink of this number, and answered.
 * @returns waits until there is one more
 */
export const oneMorePinned = (from: string, index: number): (() => Promise<unknown>) => {
  const family = from.includes(':') ? 'ipv6' : 'ipv4'
  const count = (): number => {
    const words = ['-L', '-f', family, '-s', from, '-m', `0x${index}0000/0xff0000`]
    const { stdout } = spawnSync('conntrack', words, { encoding: 'utf8' })
    return stdout.split('\n').filter((line) => line !== '' && !line.includes('[UNREPLIED]')).length
  }
  const before = count()
  return () => eventually(`one more flow from ${from} by uplink ${index}`, () => count() > before)
}
