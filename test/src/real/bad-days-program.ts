// Runs inside a network namespace that the test made, a router's: days on which something is wrong with uplinks that is no plain silence. Prints one
// JSON line for each thing seen. `usual`, `same-address`, `no-rights` or `renewed` comes before the namespaces.
import { type ChildProcess, execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { eventually } from '../helpers/eventually.ts'
import { ip, tell } from '../helpers/exec-here.ts'
import { bothUp, makeHousehold, type WanSeen } from '../lab/household.ts'
import { started } from '../lab/processes.ts'
import {
  forward,
  inNamespace,
  leavesBy,
  SERVER,
  tookUntilLeavesBy,
  untilLeavesBy,
  wireUplinks,
} from '../lab/uplinks.ts'
import { startStream } from '../lab/streams.ts'
import { startWorld } from '../lab/world.ts'

const [mode = '', house = '', gateway1 = '', gateway2 = '', internet = ''] = process.argv.slice(2)
const isSameAddress = mode === 'same-address'
await wireUplinks({ house, gateways: [gateway1, gateway2], internet }, { isSameAddress })
ip(`-n ${gateway1} addr add 192.168.8.254/24 dev up0`)
inNamespace(gateway1, 'echo 1 > /proc/sys/net/ipv4/conf/up0/promote_secondaries') // the second address outlives the first
await startWorld(
  { gateways: [gateway1, gateway2], internet },
  { resolvers: [['192.168.8.1', '192.168.8.254'], [isSameAddress ? '192.168.8.1' : '192.168.9.1']] },
)
const home = makeHousehold()
const isUp =
  (id: string) =>
  ({ uplinks }: WanSeen) =>
    uplinks.some((one) => one.id === id && one.state === 'up')
const areDown = ({ uplinks }: WanSeen): boolean => uplinks.every(({ state }) => state === 'down')
const defaults = (table: string): string =>
  execFileSync('ip', ['route', 'show', 'table', table], { encoding: 'utf8' }).replaceAll('\n', '; ')
const address = (): void => {
  ip('link set wan1 up')
  ip('addr replace 192.168.8.10/24 dev wan1')
  ip('route replace default via 192.168.8.1 dev wan1 metric 600 proto dhcp')
}

const usual = async (): Promise<void> => {
  forward(gateway1, false)
  home.startCoordinator()
  home.startAgent()
  await home.isSo('out by the other', ({ active }) => active === 'dsl')
  tell('booted with a dead primary', { leavesBy: leavesBy(), wan: (await home.wan()) ?? {} })
  forward(gateway1, true)
  await home.goBack()

  await home.change('POST', '/api/v1/wan/switch', { uplink: 'dsl', reason: 'a test', forSeconds: 30 })
  await untilLeavesBy('wan2')
  const pinned = startStream(house, SERVER, { count: 3000, everyMs: 100 }) // five minutes: longer than a way back can take
  await pinned.begun
  await home.goBack()
  forward(gateway2, false)
  await pinned.cameFrom('198.51.100.1')
  pinned.stop()
  tell('pinned to one that dies', await pinned.ended)
  forward(gateway2, true)
  await home.isSo('both again', bothUp)

  ip('route add default via 192.168.8.1 dev wan1') // as a DHCP client without a metric does
  await home.isSo('it is told', ({ fault }) => fault?.text.includes('stands before ours') ?? false)
  const wish = { uplink: 'dsl', reason: 'a test', forSeconds: 1 }
  for (const query of ['', '?dryRun=true'])
    tell(`asked${query}`, await home.change('POST', `/api/v1/wan/switch${query}`, wish))
  forward(gateway1, false)
  await home.isSo('refused', ({ lastDecision }) => lastDecision?.ok === false)
  tell('refused', { ...(await home.wan()), leavesBy: leavesBy() })
  forward(gateway1, true)
  ip('route del default via 192.168.8.1 dev wan1 metric 0')
  await home.isSo('it is over', ({ fault }) => fault === null)
  await home.goBack()

  for (const gateway of [gateway1, gateway2]) forward(gateway, false)
  await home.isSo('both are dead', areDown)
  const active = (await home.wan())?.active ?? null
  await wait(3000)
  tell('both dead', { ...(await home.wan()), before: active })
  const [back, device] = active === 'mifi' ? ([gateway2, 'wan2'] as const) : ([gateway1, 'wan1'] as const)
  forward(back, true)
  tell('one returned', { took: await tookUntilLeavesBy(device) })
  for (const gateway of [gateway1, gateway2]) forward(gateway, true)
  await home.goBack()

  ip('route del default via 192.168.8.1 dev wan1 metric 600 proto dhcp')
  ip('route add default via 192.168.8.254 dev wan1 metric 600 proto dhcp')
  ip(`-n ${gateway1} addr del 192.168.8.1/24 dev up0`)
  await home.isSo('by the new gateway', (now) =>
    now.uplinks.some(({ gateway, state }) => gateway === '192.168.8.254' && state === 'up'),
  )
  await wait(3000)
  tell('another gateway', { leavesBy: leavesBy(), table: defaults('8101'), main: defaults('main') })
  ip(`-n ${gateway1} addr add 192.168.8.1/24 dev up0`)
  ip('route del default via 192.168.8.254 dev wan1 metric 600 proto dhcp')
  address()
  await home.isSo('by the old gateway', (now) => bothUp(now) && now.active === 'mifi')

  ip('link set wan1 down')
  await home.isSo('elsewhere', ({ active }) => active === 'dsl')
  address()
  await home.goBack()
  tell('down and up', { table: defaults('8101') })

  ip('addr flush dev wan1') // a lease that is lost; the link stays
  await home.isSo('elsewhere', ({ active, lastDecision }) => active === 'dsl' && lastDecision?.ok === true)
  await home.isSo('it is named', ({ uplinks }) => uplinks[0]?.state === 'down')
  tell('without an address', { ...(await home.wan()), leavesBy: leavesBy() })
  address()
  await home.goBack()

  ip('link del wan1')
  tell('the device is gone', await tookUntilLeavesBy('wan2'))
  await home.isSo(
    'known to be gone',
    ({ active, uplinks }) => active === 'dsl' && uplinks[0]?.cause === 'link',
  )
  ip(`link add wan1 type veth peer name up0 netns ${gateway1}`)
  for (const own of ['192.168.8.1', '192.168.8.254']) ip(`-n ${gateway1} addr add ${own}/24 dev up0`)
  ip(`-n ${gateway1} link set up0 up`)
  address()
  await home.goBack()
  tell('the device is back', { leavesBy: leavesBy(), table: defaults('8101') })

  ip(`-n ${gateway1} link set net0 mtu 1280`)
  ip(`-n ${internet} link set world1 mtu 1280`)
  ip('link set wan1 down')
  address()
  await home.isSo('up again', isUp('mifi'))
  await wait(6000)
  tell('a path of 1280 bytes', { mifi: (await home.wan())?.uplinks[0] ?? {} })
}

const sameAddress = async (): Promise<void> => {
  home.startCoordinator()
  home.startAgent()
  await home.isSo(
    'both are up',
    (now) => bothUp(now) && now.active === 'mifi' && now.holder === 'coordinator',
  )
  tell('at first', { uplinks: (await home.wan())?.uplinks ?? [] })
  for (const [gateway, to] of [
    [gateway1, 'wan2'],
    [gateway2, 'wan1'],
  ] as const) {
    await startStream(house, SERVER, { count: 300 }).begun
    await wait(1000)
    forward(gateway, false)
    tell(`moved to ${to}`, await tookUntilLeavesBy(to))
    await home.isSo('one dead, one alive', ({ uplinks }) =>
      ['down', 'up'].every((wanted) => uplinks.some(({ state }) => state === wanted)),
    )
    tell(`told apart by ${to}`, { uplinks: (await home.wan())?.uplinks.map(({ state }) => state) ?? [] })
    forward(gateway, true)
    await home.isSo('both again', bothUp)
  }
}

const noRights = async (): Promise<void> => {
  const before = defaults('main')
  home.startCoordinator()
  home.startAgent('setpriv', '--bounding-set', '-net_admin', '--inh-caps', '-net_admin')
  await home.isSo('the fault is told', ({ fault }) => fault !== null)
  forward(gateway1, false)
  await wait(4000)
  const order = { uplink: 'dsl', reason: 'a test' }
  tell('without rights', {
    fault: (await home.wan())?.fault ?? null,
    refused: await home.change('POST', '/api/v1/wan/switch', order),
    isUntouched: defaults('main') === before,
    tables: defaults('all').includes('8101'),
  })
  type Alerts = { items: { code: string; state: string }[] }
  const alert = async (): Promise<Alerts['items'][number] | undefined> =>
    (await home.get<Alerts>('/api/v1/alerts')).items.find(({ code }) => code === 'router-fault')
  await eventually('an alert', async () => (await alert()) !== undefined)
  tell('alert', (await alert()) ?? {})
}

/** A DHCP server in the first gateway's namespace, that gives this address. */
const serve = (folder: string, given: string): ChildProcess => {
  const config = join(folder, 'udhcpd.conf')
  const leases = join(folder, 'leases')
  writeFileSync(leases, '')
  writeFileSync(
    config,
    `start ${given}\nend ${given}\ninterface up0\noption router 192.168.8.1\noption subnet 255.255.255.0\noption lease 60\nlease_file ${leases}\npidfile ${join(folder, 'pid')}\n`,
  )
  return started('sh', ['-c', `exec ip netns exec ${gateway1} busybox udhcpd -f ${config} 2>&1`])
}
const dhcpcd = (...words: string[]): void =>
  void spawnSync('dhcpcd', ['--script', '/bin/true', ...words, 'wan1'], { stdio: 'ignore' })

/** What a DHCP client does to an uplink is done while an agent looks on. */
const renewed = async (): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'infra-home-dhcp-'))
  for (const kept of ['/run/dhcpcd', '/var/lib/dhcpcd']) {
    mkdirSync(kept, { recursive: true })
    execFileSync('mount', ['-t', 'tmpfs', 'none', kept]) // others use it at the same time; `ip netns exec` gave us mounts of our own
  }
  ip('addr flush dev wan1')
  let server = serve(folder, '192.168.8.10')
  let acknowledged = 0
  const count = (said: Buffer): void => void (acknowledged += said.toString().split('sending ACK').length - 1)
  server.stdout?.on('data', count)
  started('sh', ['-c', 'exec dhcpcd -B -q --noarp --script /bin/true wan1 2>/dev/null'])
  await eventually('a lease', () => defaults('main').includes('192.168.8.1 dev wan1'))
  home.startCoordinator()
  home.startAgent()
  await home.isSo(
    'both are up',
    (now) => bothUp(now) && now.active === 'mifi' && now.holder === 'coordinator',
  )
  const stream = startStream(house, SERVER, { count: 600 })
  await stream.begun
  const before = acknowledged
  dhcpcd('-N')
  await eventually('another lease', () => acknowledged > before)
  tell('renewed', {
    leavesBy: leavesBy(),
    table: defaults('8101'),
    stream: await stream.ended,
    decision: (await home.wan())?.lastDecision ?? null,
  })
  server.kill('SIGKILL')
  server = serve(folder, '192.168.8.77')
  dhcpcd('-k')
  started('sh', ['-c', 'exec dhcpcd -B -q --noarp --script /bin/true wan1 2>/dev/null'])
  await home.isSo(
    'by the new address',
    ({ uplinks: [mifi] }) => mifi?.state === 'up' && mifi.address === '192.168.8.77',
  )
  tell('another address', {
    table: defaults('8101'),
    rules: execFileSync('ip', ['rule'], { encoding: 'utf8' }),
  })
  dhcpcd('-x') // it has helpers that outlive it
}

const DAYS: Readonly<Record<string, () => Promise<void>>> = {
  usual,
  'same-address': sameAddress,
  'no-rights': noRights,
  renewed,
}
await DAYS[mode]?.()
process.exit(0)
