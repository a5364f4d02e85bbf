import type { Log } from '@infra-home/shared/log.ts'
import type { UplinkPathState } from '@infra-home/shared/messages/path.ts'
import type { WishedUplink } from '@infra-home/shared/messages/wan.ts'
import type { Sys } from '../sys/sys.ts'
import { ownResolvers } from './own-resolvers.ts'
import { sharedFile } from './shared-file.ts'

const FILE = 'resolv.conf'

/** The resolvers of an uplink, as resolv.conf(5) has them: its own while they work, else those of the world. Pure. */
export const resolverText = (
  { id, resolvers, targets }: Pick<WishedUplink, 'id' | 'resolvers' | 'targets'>,
  { gateway, verdicts }: Pick<UplinkPathState, 'gateway' | 'verdicts'>,
): string => {
  const own = ownResolvers(resolvers, gateway)
  const usable = own.length === 0 || verdicts.ownDns === 'fails' ? targets : own
  return [`# by infra-home-agent: ${id} is in use`, ...usable.map((one) => `nameserver ${one}`), ''].join(
    '\n',
  )
}

/** Keeps a file for the house's resolver that names those of the uplink in use: who asks a dead uplink's gets no answer. */
export const keepResolverFile = (options: {
  readonly sys: Pick<Sys, 'share'>
  /** Whether this process changes anything. */
  readonly isAble: boolean
  readonly uplinks: readonly WishedUplink[]
  readonly active: () => string | null
  readonly path: (uplink: string) => UplinkPathState | null
  readonly log: Log
}): { readonly follow: () => void } => {
  const { isAble, uplinks, active, path } = options
  const write = sharedFile(options, FILE, 'could not name the resolvers of the uplink in use')
  return {
    follow() {
      if (!isAble) return
      const uplink = uplinks.find(({ id }) => id === active())
      const now = uplink && path(uplink.id)
      if (uplink && now) write(resolverText(uplink, now))
    },
  }
}
