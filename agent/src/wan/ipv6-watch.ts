import type { Log } from '@infra-home/shared/log.ts'
import type { UplinkPathState } from '@infra-home/shared/messages/path.ts'

/** By which uplinks nothing passes over IPv6, though they have it: no reason to leave a line that lives. */
export const watchIpv6 = (options: {
  readonly uplinks: readonly { readonly id: string }[]
  readonly path: (uplink: string) => UplinkPathState | null
  readonly onChange: () => void
  readonly log: Log
}): { readonly isDead: (uplink: string) => boolean; readonly follow: () => void } => {
  const { uplinks, path, onChange, log } = options
  const isDead = (uplink: string): boolean => path(uplink)?.verdicts.ipv6 === 'fails'
  let told = ''
  return {
    isDead,
    follow() {
      const now = uplinks
        .map(({ id }) => id)
        .filter(isDead)
        .join(' ')
      if (now === told) return
      told = now
      log('warn', 'IPv6 leads nowhere by these uplinks', { uplinks: now })
      onChange()
    },
  }
}
