import { seconds } from '@infra-home/shared/clock.ts'
import { parseIpAddr, type IpInterface } from '../parse/ip-addr.ts'
import { integerIn } from '../parse/json.ts'
import type { Sys } from '../sys/sys.ts'
import type { Collector, ObservedState } from './collector.ts'
import { interesting, MOST_INTERFACES } from './interfaces.ts'

/** The safety net; changes come from the kernel. */
const PACE = seconds(60)

/** Every link: carrier, speed, duplex, MTU, addresses. */
export const links = (options: { readonly ignored?: readonly string[] } = {}): Collector => {
  const keeps = interesting(options.ignored)
  return {
    name: 'links',
    pace: PACE,
    wakesOn: ['link', 'address'],
    async collect(sys) {
      const found = parseIpAddr(await sys.exec('ip', ['-j', '-d', 'addr']))
        .filter(({ name }) => keeps(name))
        .slice(0, MOST_INTERFACES)
      return {
        states: await Promise.all(found.map((link) => toState(link, sys))),
        numbers: {},
        whole: ['link'],
      }
    },
  }
}

const toState = async (link: IpInterface, sys: Sys): Promise<ObservedState> => {
  const file = (name: string): Promise<string | null> => sys.readText(`/sys/class/net/${link.name}/${name}`)
  const [speed, duplex, changes, phy] = await Promise.all(
    ['speed', 'duplex', 'carrier_changes', 'phy80211/name'].map(file),
  )
  const megabits = integerIn(speed ?? null)
  const known = duplex?.trim()
  return {
    kind: 'link',
    id: link.name,
    body: {
      kind: link.kind === 'ethernet' && phy ? 'wifi' : link.kind,
      adminUp: link.adminUp,
      carrier: link.adminUp ? link.carrier : null, // a link that is switched off cannot tell
      operState: link.operState,
      carrierChanges: integerIn(changes ?? null),
      speedMbps: megabits !== null && megabits > 0 ? megabits : null, // −1 is "unknown" (ethtool SPEED_UNKNOWN)
      duplex: known === 'full' || known === 'half' ? known : null,
      mtu: link.mtu,
      mac: link.mac,
      parent: link.parent,
      addresses: [...link.addresses],
    },
  }
}
