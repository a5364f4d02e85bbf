import type { WanRouterState } from '@infra-home/shared/messages/wan.ts'
import type { Sys } from '../sys/sys.ts'
import { faultOf } from './fault-of.ts'
import type { Probes } from './probes.ts'

/** What a router's machine lacks, with which it does less than it could; null for nothing. Never throws. */
export const lackOf = async (
  { exec }: Pick<Sys, 'exec'>,
  { icmp }: Pick<Probes, 'icmp'>,
): Promise<WanRouterState['fault']> => {
  const lacks = await exec('conntrack', ['--version']).then(
    () => [],
    () => ['conntrack cannot be run: flows of a dead uplink hang until they give up by themselves'],
  )
  const lacksPing =
    'ping cannot be run: uplinks are asked more rarely, and nobody notices that large packets get lost'
  const all = icmp ? lacks : [...lacks, lacksPing]
  return all.length === 0 ? null : faultOf('lacks-program', all.join('; '))
}
