import { execFileSync } from 'node:child_process'
import { ip } from '../src/helpers/exec-here.ts'

const HOPS = { mifi: '192.168.8.1 dev wan1', dsl: '192.168.9.1 dev wan2' } as const

/**
 * Takes what our agent left in this namespace away, and routes as most do who have two uplinks: masquerade, and a default route that is replaced;
 * no flow is pinned to its uplink.
 * @returns what moves traffic
 */
export const routePlainly = (): ((uplink: keyof typeof HOPS) => Promise<void>) => {
  ip('rule flush') // all but the kernel's first
  ip('rule add priority 32766 lookup main')
  ip('rule add priority 32767 lookup default')
  ip('route flush proto 173')
  nft('delete table inet infra_home')
  nft(
    'add table ip plain; add chain ip plain p { type nat hook postrouting priority srcnat; }; add rule ip plain p oifname { "wan1", "wan2" } masquerade',
  )
  const go = (uplink: keyof typeof HOPS): Promise<void> => {
    ip(`route replace default via ${HOPS[uplink]}`)
    return Promise.resolve()
  }
  void go('mifi')
  return go
}
const nft = (line: string): string => execFileSync('nft', [line], { encoding: 'utf8' })
