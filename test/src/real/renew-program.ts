// Runs inside a network namespace that the test made, a router's: an uplink whose address comes from a DHCP server in the gateway's, by a real
// dhcpcd. Prints one JSON line for each thing seen.
import { spawnSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openLinkBouncer } from '@infra-home/agent/wan/link-bouncer.ts'
import { repairToolsFor } from '@infra-home/agent/wan/repair-tools.ts'
import type { Sys } from '@infra-home/agent/sys/sys.ts'
import { describeError, InfraError } from '@infra-home/shared/errors.ts'
import { eventually } from '../helpers/eventually.ts'
import { execHere, ip, tell } from '../helpers/exec-here.ts'
import { started } from '../lab/processes.ts'

const [folder = '', gateway = ''] = process.argv.slice(2)
const DEVICE = 'wan1'
ip('link set lo up')
ip(`link add ${DEVICE} type veth peer name up0 netns ${gateway}`)
ip(`-n ${gateway} addr add 192.168.8.1/24 dev up0`)
ip(`-n ${gateway} link set up0 up`)
ip(`link set ${DEVICE} up`)
const config = join(folder, 'udhcpd.conf')
const leases = join(folder, 'leases')
writeFileSync(leases, '')
writeFileSync(
  config,
  `start 192.168.8.100\nend 192.168.8.100\ninterface up0\noption router 192.168.8.1\noption subnet 255.255.255.0\nlease_file ${leases}\npidfile ${join(folder, 'pid')}\n`,
)
let acknowledged = 0
const server = started('sh', ['-c', `exec ip netns exec ${gateway} busybox udhcpd -f ${config} 2>&1`])
server.stdout?.on('data', (said: Buffer) => (acknowledged += said.toString().split('sending ACK').length - 1))
// its hooks would write this machine's own resolv.conf: a network namespace has no files of its own
started('sh', ['-c', `exec dhcpcd -B -q --noarp --script /bin/true ${DEVICE} 2>/dev/null`])

const isWhole = (): boolean =>
  ip(`-4 addr show dev ${DEVICE}`).includes('192.168.8.100') &&
  ip(`route show default dev ${DEVICE}`).includes('192.168.8.1')
await eventually('an address and a way', isWhole)

const readText: Sys['readText'] = async (path) => (path === `/run/dhcpcd/${DEVICE}.pid` ? '1' : null)
const renewBy = async (exec: Sys['exec']): Promise<object> => {
  const sys = { exec, readText }
  const options = { sys, modem: null, links: openLinkBouncer(sys), powerCycled: new Set<string>() }
  const tools = await repairToolsFor({ id: 'mifi', interface: DEVICE }, options)
  const before = acknowledged
  const said = await tools
    .get('renew-dhcp')?.()
    .then(() => null, describeError)
  if (said !== null) await tools.get('bounce-link')?.()
  await eventually('another lease', () => acknowledged > before)
  await eventually('an address and a way again', isWhole)
  return { said, isWhole: isWhole() }
}
tell('renewed', await renewBy(execHere.exec))
const withoutItsRight = await renewBy(async (program, args) => {
  if (program === 'dhcpcd') throw new InfraError('exec-failed', 'dhcpcd: Operation not permitted')
  return execHere.exec(program, args)
})
tell('bounced', withoutItsRight)
spawnSync('dhcpcd', ['--script', '/bin/true', '-x', DEVICE]) // it has helpers that outlive it
rmSync(`/var/lib/dhcpcd/${DEVICE}.lease`, { force: true })
process.exit(0)
