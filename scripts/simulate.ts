// The devices of topology.json as simulated machines under real agents; started by `npm start -- --simulate`.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { agentFor } from '@infra-home/agent/run.ts'
import { realChance } from '@infra-home/agent/sys/real-chance.ts'
import { realClock } from '@infra-home/agent/sys/real-clock.ts'
import { realDisk } from '@infra-home/agent/sys/real-disk.ts'
import { simulatedHilink } from '@infra-home/agent/sys/simulated/hilink-device.ts'
import { machineOf } from '@infra-home/agent/sys/simulated/plan-machine.ts'
import { simulatedReach } from '@infra-home/agent/sys/simulated/reach.ts'
import { simulatedSys } from '@infra-home/agent/sys/simulated/sys.ts'
import { passSecond, type SimulatedHome } from '@infra-home/agent/sys/simulated/weather.ts'
import { openCredentials } from '@infra-home/coordinator/broker/credentials.ts'
import { loadConfig } from '@infra-home/coordinator/config.ts'
import { credentialsFile } from '@infra-home/coordinator/credentials-file.ts'
import { lineLog } from '@infra-home/shared/log.ts'
import { loadTopology } from '@infra-home/shared/topology/load.ts'

const root = join(import.meta.dirname, '..')
const { values } = parseArgs({
  options: { mqtt: { type: 'string' }, state: { type: 'string' }, 'coordinator-config': { type: 'string' } },
})
const { hostname: host, port } = new URL(values.mqtt ?? 'mqtt://127.0.0.1:1883')
const state = values.state ?? join(root, '.infra-home/simulated')
const plan = join(root, 'topology.json')
const topology = loadTopology(readFileSync(plan, 'utf8'), plan)

const clock = realClock()
const log = lineLog((line) => void process.stderr.write(line), { least: 'warn', journald: false })
const modem = simulatedHilink({ clock })
const machines: SimulatedHome['machines'] = new Map(
  [...topology.hosts, ...topology.phones].map((node) => {
    const machine = machineOf(topology, node)
    const folder = join(state, node.name)
    mkdirSync(folder, { recursive: true })
    const sys = simulatedSys({
      machine,
      clock,
      boot: `simulated-${process.pid}`,
      disk: realDisk(folder),
      http: modem.handle,
      reach: simulatedReach(clock, modem.isOnline),
    })
    return [node.name, { machine, sys }]
  }),
)

const coordinatorConfig = values['coordinator-config'] ?? ''
const credentials = openCredentials(credentialsFile(loadConfig(coordinatorConfig).stateDir))
const agents = [...machines].map(([node, { sys }]) =>
  agentFor(
    {
      site: topology.site,
      node,
      ...credentialsOf(node),
      stateDir: '',
      mode: 'read-only',
      modems: topology.modems
        .filter((m) => m.host === node)
        .map(({ id, driver, address }) => ({ id, driver, config: { address } })),
    },
    sys,
    { chance: realChance, log },
  ),
)

let second = 0
const wind = setInterval(() => passSecond({ machines, modem }, ++second, realChance.fraction), 1000)
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    clearInterval(wind)
    void Promise.all(agents.map((agent) => agent.stop())).then(() => process.exit(0))
  })
await Promise.all(agents.map((agent) => agent.start()))

/** What a node says to the broker, and whom it obeys: made once, and anew when the coordinator knows it no more. */
function credentialsOf(node: string) {
  const file = join(state, node, 'credentials.json')
  const kept = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Credentials) : null
  const known = credentials.check(node, kept?.secret ?? '')
  const { secret, signingKeys } = kept && known ? kept : made(node)
  writeFileSync(file, JSON.stringify({ secret, signingKeys }), { mode: 0o600 })
  return { broker: { host, port: Number(port) }, secret, signingKeys }
}

type Credentials = { readonly secret: string; readonly signingKeys: string[] }

/** The coordinator makes each node's secret and says whom it is to obey, as for a real one. */
function made(node: string): Credentials {
  const args = [join(root, 'coordinator/src/main.ts'), '--config', coordinatorConfig, 'node', 'add', node]
  const { broker, signingKeys } = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as {
    broker: { secret: string }
    signingKeys: string[]
  }
  return { secret: broker.secret, signingKeys }
}
