// Runs inside the emulated machine: makes what the lab needs and tells what came of it.
import { execFileSync } from 'node:child_process'

const run = (command: string): string => {
  const [program = '', ...args] = command.split(' ')
  return execFileSync(program, args, { encoding: 'utf8' })
}
const links = (): Link[] => JSON.parse(run('ip -j -d link')) as Link[]
type Link = {
  readonly ifname: string
  readonly master?: string
  readonly linkinfo?: { readonly info_kind: string; readonly info_data?: { readonly id?: number } }
}

for (const command of [
  'ip link add eth0 type veth peer name far',
  'ip link add link eth0 name eth0.10 type vlan id 10',
  'ip link add link eth0 name eth0.20 type vlan id 20',
  'ip link add br0 type bridge',
  'ip link set eth0 master br0',
  'ip link set eth0 up',
  'ip link set far up',
  'tc qdisc add dev far root netem delay 30ms',
])
  run(command)

const found = {
  node: process.version,
  uid: process.getuid?.(),
  folder: process.cwd(),
  kernel: run('uname -r').trim(),
  vlans: Object.fromEntries(
    links()
      .filter(({ linkinfo }) => linkinfo?.info_kind === 'vlan')
      .map(({ ifname, linkinfo }) => [ifname, linkinfo?.info_data?.id]),
  ),
  bridged: links()
    .filter(({ master }) => master === 'br0')
    .map(({ ifname }) => ifname),
  wlans: [...run('iw dev').matchAll(/Interface (\S+)/g)]
    .map(([, name]) => String(name))
    .toSorted((a, b) => a.localeCompare(b)),
  qdisc: run('tc qdisc show dev far'),
}
console.log(`::result ${JSON.stringify(found)}`)
