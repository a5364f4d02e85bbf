import { seconds } from '@infra-home/shared/clock.ts'
import type { RepairStep } from '@infra-home/shared/wan/repair.ts'
import type { Modem } from '../modems/modem.ts'
import type { Sys } from '../sys/sys.ts'

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
    powerCycled,
  }: {
    readonly sys: Pick<Sys, 'exec' | 'readText'>
    readonly modem: Modem | null
    /** Uplinks for which there is a program that takes their power away and gives it back. */
    readonly powerCycled: ReadonlySet<string>
  },
): Promise<RepairTools> => {
  const tools = new Map<RepairStep, () => Promise<void>>()
  const renew = await renewal(sys, uplink.interface)
  if (renew) tools.set('renew-dhcp', renew)
  const { reconnect, reboot } = modem ?? {}
  if (reconnect) tools.set('reconnect', reconnect)
  if (reboot) tools.set('reboot-modem', reboot)
  if (powerCycled.has(uplink.id))
    tools.set('power-cycle', () => sys.exec('power-cycle', [uplink.id], LIMIT).then(() => {}))
  return tools
}

/** By whoever manages the address; null where nobody does, since then a link that goes down does not get back what it had. */
const renewal = async (
  sys: Pick<Sys, 'exec' | 'readText'>,
  device: string,
): Promise<(() => Promise<void>) | null> => {
  const command = await renewalCommand(sys, device)
  if (!command) return null
  const [program, ...args] = command
  return async () => {
    try {
      await sys.exec(program, args)
    } catch {
      await bounce(sys, device) // only its own user may tell it; a cable that is pulled for a moment is told to everybody
    }
  }
}

const bounce = async (sys: Pick<Sys, 'exec'>, device: string): Promise<void> => {
  await sys.exec('ip', ['link', 'set', 'dev', device, 'down'])
  await sys.exec('ip', ['link', 'set', 'dev', device, 'up'])
}

const renewalCommand = async (
  sys: Pick<Sys, 'readText'>,
  device: string,
): Promise<readonly ['networkctl' | 'dhcpcd', ...string[]] | null> => {
  if ((await sys.readText(NETWORKD)) !== null) return ['networkctl', 'renew', device]
  for (const file of [`/run/dhcpcd/${device}.pid`, ...DHCPCD])
    if ((await sys.readText(file)) !== null) return ['dhcpcd', '-n', device]
  return null
}
