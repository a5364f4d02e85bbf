import { spawnSync } from 'node:child_process'

/** Whoever waits in vain waits so long: an answer, if only a refusal, comes sooner on any machine. */
export const PING_PATIENCE_MS = 10_000

/** One ping from a machine of the house: what it was told, and after how long. */
export const pingFrom = (name: string, ...words: readonly string[]): { said: string; ms: number } => {
  const begun = performance.now()
  const ping = ['ping', '-c', '1', '-W', String(PING_PATIENCE_MS / 1000), ...words]
  const { stdout } = spawnSync('ip', ['netns', 'exec', name, ...ping], { encoding: 'utf8' })
  return { said: stdout, ms: Math.round(performance.now() - begun) }
}
