// npm start [-- --simulate | --config FILE]: a coordinator and an agent of this machine, until Ctrl-C.
import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { AGENT_ENVIRONMENT, AGENT_SOURCE_FLAGS } from '@infra-home/agent/flags.ts'
import { openCredentials } from '@infra-home/coordinator/broker/credentials.ts'
import { loadConfig } from '@infra-home/coordinator/config.ts'
import { credentialsFile } from '@infra-home/coordinator/credentials-file.ts'
import { COORDINATOR_ENVIRONMENT, COORDINATOR_FLAGS } from '@infra-home/coordinator/flags.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const COORDINATOR = join(root, 'coordinator/src/main.ts')
const AGENT = join(root, 'agent/src/main.ts')
const SIMULATION = join(root, 'scripts/simulate.ts')

type Addresses = { readonly http: string; readonly mqtt: string; readonly tokenFile: string }

const USAGE = `usage: npm start [-- OPTION…]
  --simulate        the home of topology.json, simulated, instead of an agent of this machine
  --config FILE     the coordinator's configuration; without it one is written for this machine
  --http-port PORT  where the API listens (8470; 0 takes any free port)
  --mqtt-port PORT  where agents connect (1883)
  --state FOLDER    what is kept (.infra-home/local or .infra-home/simulated)
  --help`

const values = readArguments()
if (values.help) {
  console.log(USAGE)
  process.exit(0)
}
const httpPort = portOf('http-port', 8470)
const mqttPort = portOf('mqtt-port', 1883)

const state = resolve(values.state ?? join(root, '.infra-home', values.simulate ? 'simulated' : 'local'))
mkdirSync(state, { recursive: true, mode: 0o700 })

const coordinatorConfig = values.config ? resolve(values.config) : writeCoordinatorConfig()
const coordinator = fork(COORDINATOR, ['--config', coordinatorConfig], {
  stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  execArgv: [...COORDINATOR_FLAGS],
  env: { ...process.env, ...COORDINATOR_ENVIRONMENT },
})
const addresses = await new Promise<Addresses>((ready, fail) => {
  coordinator.once('message', (message) => ready(message as Addresses))
  coordinator.once('exit', (code) => fail(code))
}).catch((code: unknown) => process.exit(typeof code === 'number' && code !== 0 ? code : 1))

const agents = values.simulate ? startSimulation(addresses) : startAgent()
stopTogether([agents, coordinator])
// A coordinator that is gone meanwhile ends us, and its own exit says how.
await showStatus(addresses, values.simulate ? 6 : 1).catch(() => {})

function readArguments() {
  try {
    return parseArgs({
      options: {
        simulate: { type: 'boolean' },
        config: { type: 'string' },
        'http-port': { type: 'string' },
        'mqtt-port': { type: 'string' },
        state: { type: 'string' },
        help: { type: 'boolean' },
      },
    }).values
  } catch (error) {
    return misused((error as Error).message)
  }
}

function portOf(option: 'http-port' | 'mqtt-port', usual: number): number {
  const text = values[option] ?? String(usual)
  const fits = /^\d{1,5}$/.test(text) && Number(text) <= 65_535
  return fits ? Number(text) : misused(`--${option} ${text}: a port is a number from 0 to 65535`)
}

function misused(why: string): never {
  console.error(`${why}\n${USAGE}`)
  process.exit(2)
}

/** A home without a plan for this machine alone; or, simulated, the home of topology.json. */
function writeCoordinatorConfig(): string {
  const file = join(state, 'coordinator.json')
  const config = {
    ...(values.simulate ? { topology: join(root, 'topology.json') } : { site: 'local' }),
    stateDir: state,
    broker: { kind: 'embedded', port: mqttPort },
    http: { port: httpPort },
    log: 'warn',
  }
  writeFileSync(file, `${JSON.stringify(config, null, 2)}\n`)
  return file
}

/** A read-only agent of this very machine; its secret is made once, and anew when the coordinator knows it no more. */
function startAgent(): ChildProcess {
  const node = nodeName()
  const file = join(state, 'agent.json')
  const made = existsSync(file)
  if (!made || !knows(file, node)) {
    if (made) console.error(`the coordinator does not know ${node} by ${file} any more: adding it anew`)
    const args = [COORDINATOR, '--config', coordinatorConfig, 'node', 'add', node]
    const fresh = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as object
    const config = { ...fresh, stateDir: join(state, 'agent'), mode: 'read-only', log: 'warn' }
    writeFileSync(file, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 })
  }
  return spawn(process.execPath, [...AGENT_SOURCE_FLAGS, AGENT, '--config', file], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...AGENT_ENVIRONMENT },
  })
}

function knows(file: string, node: string): boolean {
  const made = JSON.parse(readFileSync(file, 'utf8')) as {
    node: string
    broker: { secret?: string }
    signingKeys?: unknown
  }
  const { stateDir } = loadConfig(coordinatorConfig)
  const { secret = '' } = made.broker
  const known = openCredentials(credentialsFile(stateDir)).check(node, secret)
  return made.node === node && made.signingKeys !== undefined && known
}

function startSimulation({ mqtt }: Addresses): ChildProcess {
  const args = [SIMULATION, '--mqtt', mqtt, '--state', state, '--coordinator-config', coordinatorConfig]
  return spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] })
}

/** The host's name in the letters that a node's name may have. */
function nodeName(): string {
  const name = hostname()
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, '-')
  return name.replaceAll(/^-+|-+$/g, '').slice(0, 63) || 'this-machine'
}

/** Ctrl-C, or the end of one, ends both; the exit code is the worse of the two. */
function stopTogether(children: readonly ChildProcess[]): void {
  let left = children.length
  let worst = 0
  let stopping = false
  /** Once: a second signal would end them in the middle of their good-bye. */
  const stop = (): void => {
    if (stopping) return
    stopping = true
    for (const child of children) if (child.exitCode === null) child.kill('SIGTERM')
  }
  for (const child of children)
    child.on('exit', (code) => {
      worst = Math.max(worst, code ?? 1)
      if (--left === 0) process.exit(worst)
      stop()
    })
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
}

/** Waits until `nodes` nodes were heard since now (half a minute at most) and prints the table that curl would show. */
async function showStatus({ http, mqtt, tokenFile }: Addresses, nodes: number): Promise<void> {
  const begun = performance.now()
  const passed = (): number => performance.now() - begun
  while (passed() < 30_000) {
    const { items } = (await (
      await fetch(`${http}/api/v1/nodes`, { headers: { accept: 'application/json' } })
    ).json()) as {
      items: { ageMs: number | null }[]
    }
    if (items.filter(({ ageMs }) => ageMs !== null && ageMs < passed()).length >= nodes) break
    await new Promise((wait) => setTimeout(wait, 200))
  }
  console.log(await (await fetch(http, { headers: { accept: 'text/plain' } })).text())
  console.log(
    `status  curl ${http}/\nnodes   ${mqtt} (agents connect here)\ntoken   ${tokenFile} (administrator)\nstop    Ctrl-C`,
  )
}
