import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Addresses, coordinatorHome } from './coordinator-process.ts'
import { eventually } from './eventually.ts'

const ROOT = join(import.meta.dirname, '../../..')
const SIMULATION = join(ROOT, 'scripts/simulate.ts')
const NODES = ['rpi4-1', 'rpi4-2', 'rpi3a-ctl', 'phone-1', 'phone-2', 'phone-3'] as const

export type SimulatedHome = {
  /** What the coordinator and the nodes say to a broker that wants a password. */
  readonly secrets: Readonly<Record<string, string>>
  /** Where the coordinator keeps what is its own. */
  readonly stateDir: string
  configure(more: object): void
  /** Starts the coordinator and, once it listens, the devices of topology.json; resolves when all are online. */
  start(): Promise<Addresses>
  stop(): Promise<void>
}

/** The home of topology.json as processes: a coordinator as it is shipped, and six simulated devices under real agents. */
export const simulatedHome = (config: object = {}): SimulatedHome => {
  const home = coordinatorHome(NODES, { topology: join(ROOT, 'topology.json'), ...config })
  for (const [node, secret] of home.secrets) {
    mkdirSync(join(home.stateDir, node), { recursive: true })
    const credentials = JSON.stringify({ secret, signingKeys: home.signingKeys })
    writeFileSync(join(home.stateDir, node, 'credentials.json'), credentials)
  }
  const ends: (() => Promise<unknown>)[] = []
  return {
    secrets: Object.fromEntries(home.secrets),
    stateDir: home.stateDir,
    configure: home.configure,
    async start() {
      const coordinator = await home.start()
      const { http, mqtt } = coordinator.addresses
      const of = ['--mqtt', mqtt, '--state', home.stateDir, '--coordinator-config', home.configFile]
      const devices = spawn(process.execPath, [...process.execArgv, SIMULATION, ...of], {
        stdio: ['ignore', 'ignore', 'inherit'],
      })
      const gone = new Promise((resolve) => devices.once('exit', resolve))
      ends.push(
        async () => {
          devices.kill('SIGTERM')
          await gone
        },
        () => coordinator.end('SIGTERM'),
      )
      const metrics = async (): Promise<string> => (await fetch(`${http}/metrics`)).text()
      const online = async () => (await metrics()).match(/^infra_home_node_up\{.*\} 1$/gm)?.length
      await eventually('all devices', async () => (await online()) === NODES.length)
      return coordinator.addresses
    },
    async stop() {
      for (const end of ends) await end()
      home.remove()
    },
  }
}
