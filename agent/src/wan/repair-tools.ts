import { seconds } from '@infra-home/shared/clock.ts'
import type { RepairStep } from '@infra-home/shared/wan/repair.ts'
import type { Modem } from '../modems/modem.ts'
import type { Sys } from '../sys/sys.ts'
import type { LinkBouncer } from './link-bouncer.ts'

/** The steps that can be taken here for one uplink. */
export type RepairTools = ReadonlyMap<RepairStep, () => Promise<void>>

const LIMIT = seconds(60)
/** Where the two that manage addresses on such machines show that they run (systemd-networkd.service(8), dhcpcd(8)). */
const NETWORKD = '/run/systemd/netif/state'
const DHCPCD = ['/run/dhcpcd/pid', '/run/dhcpcd.pid']

/** Looks what there is for an uplink: who manages its address, what its modem can do, and what its owner wrote for it. */
export const repairToolsFor = async (
  uplink: { readonly id: string; readonly interface: string },
  {
    sys,
    modem,
    links,
    powerCycled,
  }: {
    readonly sys: Pick<Sys, 'exec' | 'readText'>
    readonly modem: Modem | null
    readonly links: LinkBouncer
    /** Uplinks for which there is a program that takes their power away and gives it back. */
    readonly powerCycled: ReadonlySet<string>
  },
): Promise<RepairTools> => {
  const tools = new Map<RepairStep, () => Promise<void>>()
  const renewal = await renewalCommand(sys, uplink.interface)
  if (renewal) {
    const [program, ...args] = renewal
    tools.set('renew-dhcp', () => sys.exec(program, args).then(() => {}))
    tools.set('bounce-link', () => links.bounce(uplink.interface))
  }
  const { reconnect, reboot } = modem ?? {}
  if (reconnect) tools.set('reconnect', reconnect)
  if (reboot) tools.set('reboot-modem', reboot)
  if (powerCycled.has(uplink.id))
    tools.set('power-cycle', () => sys.exec('power-cycle', [uplink.id], LIMIT).then(() => {}))
  return tools
}

/** Of whoever manages the address; null where nobody does, since then a link that goes down does not get back what it had. */
const renewalCommand = async (
  sys: Pick<Sys, 'readText'>,
  device: string,
): Promise<readonly ['networkctl' | 'dhcpcd', ...string[]] | null> => {
  if ((await sys.readText(NETWORKD)) !== null) return ['networkctl', 'renew', device]
  for (const file of [`/run/dhcpcd/${device}.pid`, ...DHCPCD])
    if ((await sys.readText(file)) !== null) return ['dhcpcd', '-n', device]
  return null
}
