// Runs inside the emulated machine as rpi4-1: real VLANs and Wi-Fi, the coordinator and the agent as they are shipped, and curl.
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'

type Found = { code: string; subject: string; followsFrom: string | null }

const HTTP = 'http://127.0.0.1:8470'
const ip = (words: string): string => execFileSync('ip', words.split(' '), { encoding: 'utf8' })
const tell = (result: object): void => console.log(`::result ${JSON.stringify(result)}`)
const curl = (path: string): string =>
  spawnSync('curl', ['-s', '-H', 'Accept: application/json', `${HTTP}${path}`], { encoding: 'utf8' }).stdout

const addVlan = (name: string, id: number, addresses: readonly string[]): void => {
  ip(`link add link eth0 name ${name} type vlan id ${id}`)
  ip(`link set ${name} up`)
  for (const address of addresses) ip(`addr add ${address}/24 dev ${name}`)
}

const laySystem = (): void => {
  ip('link add eth0 type veth peer name far')
  ip('link set far up')
  ip('link set eth0 up')
  addVlan('eth0.10', 10, ['10.10.0.1', '10.10.0.10'])
  addVlan('eth0.20', 20, ['10.20.0.1'])
  addVlan('eth0.30', 30, ['10.30.0.1'])
  addVlan('eth0.40', 40, ['10.40.0.1'])
}

/** wlan0 joins an open network that hostapd opens on wlan1, as it would join the MiFi. */
const joinWifi = async (): Promise<void> => {
  writeFileSync('/run/hostapd.conf', 'interface=wlan1\ndriver=nl80211\nssid=home\nhw_mode=g\nchannel=6\n')
  execFileSync('hostapd', ['-B', '/run/hostapd.conf'])
  ip('link set wlan0 up')
  for (let i = 0; i < 10; i++) {
    spawnSync('iw', ['dev', 'wlan0', 'connect', 'home'])
    await wait(500)
    if (spawnSync('iw', ['dev', 'wlan0', 'link'], { encoding: 'utf8' }).stdout.includes('Connected')) return
  }
}

const startHome = async (dist: string, topology: string): Promise<void> => {
  const state = '/tmp/home'
  mkdirSync(state)
  const config = `${state}/coordinator.json`
  writeFileSync(config, JSON.stringify({ topology, stateDir: state, log: 'error' }))
  const coordinator = [`${dist}/coordinator.mjs`, '--config', config]
  const made = JSON.parse(
    execFileSync('node', [...coordinator, 'node', 'add', 'rpi4-1'], { encoding: 'utf8' }),
  ) as object
  writeFileSync(
    `${state}/agent.json`,
    JSON.stringify({ ...made, modems: [], stateDir: `${state}/agent`, log: 'error' }),
  )
  spawn('node', coordinator, { stdio: 'inherit' })
  while (curl('/healthz') === '') await wait(200)
  spawn('node', [`${dist}/agent.mjs`, '--config', `${state}/agent.json`], { stdio: 'inherit' })
}

const deviations = (): Found[] | null => {
  const answer = curl('/api/v1/topology')
  return answer.startsWith('{') ? (JSON.parse(answer) as { deviations: Found[] }).deviations : null
}

/** Does something to the kernel and waits until REST shows exactly the findings that it must. */
const change = async (what: string, act: () => void, expected: readonly string[]): Promise<void> => {
  act()
  const begun = performance.now()
  let shown: string[] = []
  while (performance.now() - begun < 90_000) {
    shown = (deviations() ?? [])
      .map((d) => `${d.code} ${d.subject}${d.followsFrom ? ` < ${d.followsFrom}` : ''}`)
      .sort()
    if (JSON.stringify(shown) === JSON.stringify([...expected].sort())) break
    await wait(50)
  }
  tell({ what, shown, expected, ms: Math.round(performance.now() - begun) })
}

const [dist = '', topology = ''] = process.argv.slice(2)
laySystem()
await joinWifi()
await startHome(dist, topology)
const known = (): boolean => curl('/api/v1/vlans').includes('eth0.40')
while (!known()) await wait(200)

await change('as planned', () => {}, [])
await change('VLAN 20 deleted', () => ip('link delete eth0.20'), ['vlan-missing eth0.20'])
await change('VLAN 20 back', () => addVlan('eth0.20', 20, ['10.20.0.1']), [])
await change(
  'VLAN 30 with another id',
  () => {
    ip('link delete eth0.30')
    addVlan('eth0.30', 31, ['10.30.0.1'])
  },
  ['vlan-wrong-id eth0.30'],
)
await change(
  'VLAN 30 as it was',
  () => {
    ip('link delete eth0.30')
    addVlan('eth0.30', 30, ['10.30.0.1'])
  },
  [],
)
await change('eth0 down', () => ip('link set eth0 down'), [
  'interface-down eth0',
  ...[10, 20, 30, 40].map((id) => `vlan-down eth0.${id} < eth0`),
])
tell({ what: 'wifi', shown: JSON.parse(curl('/api/v1/nodes/rpi4-1')) as object })
process.exit(0)
