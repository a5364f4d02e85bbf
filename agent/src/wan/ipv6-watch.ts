import type { Log } from '@infra-home/shared/log.ts'
import type { UplinkPathState } from '@infra-home/shared/messages/path.ts'

/** By which uplinks nothing passes over IPv6, though they have it: no reason to leave a line that lives. */
export const watchIpv6 = (options: {
  readonly uplinks: readonly { readonly id: string }[]
  readonly path: (uplink: string) => UplinkPathState | null
  readonly onDead: (uplink: string) => void
  /** It leads somewhere again. */
  readonly onBack: () => void
  readonly log: Log
}): { readonly isDead: (uplink: string) => boolean; readonly follow: () => void } => {
  const { uplinks, path, onDead, onBack, log } = options
  const isDead = (uplink: string): boolean => path(uplink)?.verdicts.ipv6 === 'fails'
  const dead = new Set<string>()
  return {
    isDead,
    follow() {
      for (const { id } of uplinks) {
        if (isDead(id) === dead.has(id)) continue
        if (dead.delete(id)) {
          log('info', 'IPv6 leads somewhere again', { uplink: id })
          onBack()
        } else {
          dead.add(id)
          log('warn', 'IPv6 leads nowhere by a line that lives', { uplink: id })
          onDead(id)
        }
      }
    },
  }
}
