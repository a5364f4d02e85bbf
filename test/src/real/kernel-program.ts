// Runs inside a network namespace that the test made: a coordinator, an agent on the real system, and a hand at the cables. Prints
// one JSON line for each thing that was seen.
import { execFileSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { agentFor } from '@infra-home/agent/run.ts'
import { realChance } from '@infra-home/agent/sys/real-chance.ts'
import { realSys } from '@infra-home/agent/sys/real.ts'
import type { LinkState } from '@infra-home/shared/messages/link.ts'
import type { RoutesState } from '@infra-home/shared/messages/routes.ts'
import { eventually } from '../helpers/eventually.ts'
import { liveCoordinator } from '../helpers/live-coordinator.ts'

const ip = (words: string): string => execFileSync('ip', words.split(' '), { encoding: 'utf8' })
const tell = (seen: object): void => void process.stdout.write(`${JSON.stringify(seen)}\n`)

ip('link set lo up')
ip('link add eth0 type veth peer name far')
ip('link set eth0 up')
ip('link set far up')

const live = await liveCoordinator('embedded', { cadence: null })
const sys = realSys({
  stateDir: mkdtempSync(join(tmpdir(), 'infra-home-agent-')),
  scripts: { inventory: ['/dev/null'], renew: ['/dev/null'], powerCycle: {}, tether: null },
  environment: { path: '/usr/bin:/bin', notifySocket: null, android: {}, runtimeFolder: null },
})
const agent = agentFor(
  {
    site: 'home',
    node: 'rpi4-1',
    broker: { host: '127.0.0.1', port: live.port },
    secret: live.secrets['rpi4-1'] ?? '',
    signingKeys: live.signingKeys,
    stateDir: '',
    ignoreInterfaces: ['lo'],
  },
  sys,
  { chance: realChance, log: () => {} },
)
await agent.start()

const node = () => live.coordinator.world.nodes['rpi4-1']
const link = (name: string): LinkState | undefined =>
  node()?.states[`link/${name}`]?.body as LinkState | undefined
const routes = (): RoutesState | undefined => node()?.states['routes/main']?.body as RoutesState | undefined

/** Does something to the kernel and says how long the coordinator took to know, milliseconds. */
const change = async (what: string, words: readonly string[], seen: () => boolean): Promise<void> => {
  for (const word of words) ip(word)
  const begun = performance.now()
  await eventually(what, seen)
  tell({ what, ms: performance.now() - begun })
}

await eventually('the first look', () => link('eth0')?.carrier === true)
tell({ what: 'first look', ms: 0 })
for (let round = 0; round < Number(process.argv[2] ?? 3); round++) {
  await change('cut', ['link set far down'], () => link('eth0')?.carrier === false)
  await change('mended', ['link set far up'], () => link('eth0')?.carrier === true)
}
await change(
  'address added',
  ['addr add 10.10.0.11/24 dev eth0'],
  () => link('eth0')?.addresses.some(({ address }) => address === '10.10.0.11') === true,
)
await change(
  'route added',
  ['route add default via 10.10.0.1 dev eth0'],
  () => routes()?.routes.some(({ gateway }) => gateway === '10.10.0.1') === true,
)
await change(
  'rule added',
  ['rule add from 10.10.0.11 lookup 100'],
  () => routes()?.rules.some(({ action }) => action === 'lookup 100') === true,
)
await change('switched off', ['link set eth0 down'], () => link('eth0')?.adminUp === false)
await change(
  'renamed',
  ['link set eth0 name lan0', 'link set lan0 up'],
  () => link('lan0')?.adminUp === true && link('eth0') === undefined,
)
await change('deleted', ['link delete lan0'], () => link('lan0') === undefined)
await agent.stop()
await live.close()
process.exit(0)
