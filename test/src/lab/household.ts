import type { ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { openCredentials } from '@infra-home/coordinator/broker/credentials.ts'
import { credentialsFile } from '@infra-home/coordinator/credentials-file.ts'
import { openSigningKeys, trustFolder } from '@infra-home/coordinator/trust/signing-keys.ts'
import { ROOT } from '../../bench/child.ts'
import { eventually } from '../helpers/eventually.ts'
import { started } from './processes.ts'
import { leavesBy } from './uplinks.ts'

const HTTP = 18470
/** The broker's port, whosever it is. */
export const MQTT = 11883
const API = `http://127.0.0.1:${HTTP}`

/** An agent that lost its broker several times waits for so long before it tries again, seconds. */
export const LONGEST_RECONNECT = 60

/** What was lost of late makes an uplink degraded for two minutes, and a busy machine may begin by the second, seconds. */
const LONGEST_WAY_BACK = 200

/** What `GET /wan` says, as far as anybody here asks. */
export type WanSeen = {
  active: string | null
  holder: string
  stays: string | null
  fault: { text: string } | null
  uplinks: {
    id: string
    state: string
    cause: string | null
    address: string | null
    gateway: string | null
    interface: string
    verdicts: Readonly<Record<string, string | undefined>>
    tether: { on: boolean | null; wantedFor: string | null; batteryPercent: number | null } | null
  }[]
  lastDecision: {
    id: string
    to: string
    reason: string
    by: string
    ok: boolean | null
    tookMs: number | null
  } | null
}

/** A whole coordinator and a whole router's agent, as processes of the namespace that this one is in, over `wireUplinks`. */
export type Household = {
  /** What the agent writes down for the house's resolver. */
  readonly resolverFile: string
  /** The router's agent's, for whoever is the broker. */
  readonly secret: string
  startCoordinator(): ChildProcess
  /** With words before its own, as for a program that takes rights away. */
  startAgent(...before: readonly string[]): ChildProcess
  /** The same of the phone, where there is one. */
  startPhone(): ChildProcess
  get<T>(path: string, accept?: string): Promise<T>
  change(method: string, path: string, body?: object): Promise<{ status: number; body: unknown }>
  /** Null while nobody answers. */
  wan(): Promise<WanSeen | null>
  /** Resolves when it is so. @throws with what was seen last, after `seconds`, or longer than a way back to the first uplink can take */
  isSo(what: string, sees: (now: WanSeen) => boolean, seconds?: number): Promise<void>
  /** Waits for both uplinks, and leads traffic back to the first. */
  goBack(): Promise<void>
}

export const bothUp = ({ uplinks }: WanSeen): boolean => uplinks.every(({ state }) => state === 'up')

/** A phone instead of the second uplink, which is there when `on` was run. */
export type LabPhone = {
  readonly on: readonly string[]
  readonly off: readonly string[]
  /** Where its own programs lie. */
  readonly programs: string
  readonly idleSeconds: number
}

/** What a household has beside a router with two uplinks. */
export type Furniture = {
  readonly phone?: LabPhone
  /** Another plan than the usual one of one network and two uplinks. */
  readonly topology?: (usual: typeof TOPOLOGY) => object
  /** More of the configurations than they need to find each other. */
  readonly coordinator?: object
  readonly agent?: object
}

export const makeHousehold = (furniture: Furniture = {}): Household => {
  const folder = mkdtempSync(join(tmpdir(), 'infra-home-wan-'))
  const stateDir = join(folder, 'coordinator')
  const { coordinatorFile, agentFile, phoneFile, secret } = furnish(folder, stateDir, furniture)
  const runtimeFolder = join(folder, 'run')
  mkdirSync(runtimeFolder)
  process.env['RUNTIME_DIRECTORY'] = runtimeFolder

  const get: Household['get'] = async <T>(path: string, accept = 'application/json'): Promise<T> => {
    const answer = await fetch(`${API}${path}`, { headers: { accept } })
    return (accept === 'text/plain' ? await answer.text() : await answer.json()) as T
  }
  const change: Household['change'] = async (method, path, body) => {
    const token = readFileSync(join(stateDir, 'admin.token'), 'utf8').trim()
    const answer = await fetch(`${API}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'application/json',
        ...(body ? { 'content-type': 'application/json' } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    const text = await answer.text()
    return { status: answer.status, body: text === '' ? null : JSON.parse(text) }
  }
  const wan = (): Promise<WanSeen | null> => get<WanSeen>('/api/v1/wan').catch(() => null)
  const isSo: Household['isSo'] = async (what, sees, seconds = LONGEST_WAY_BACK) => {
    let now: WanSeen | null = null
    const look = async (): Promise<boolean> => {
      now = await wan()
      return now !== null && sees(now)
    }
    await eventually(what, look, seconds).catch((error: unknown) => {
      throw new Error(`${what}: ${JSON.stringify(now)}`, { cause: error })
    })
  }
  const start = (name: string, file: string, before: readonly string[] = []): ChildProcess => {
    const [program, ...words] = [
      ...before,
      process.execPath,
      join(ROOT, `${name}/src/main.ts`),
      '--config',
      file,
    ]
    return started(program, words)
  }

  return {
    resolverFile: join(runtimeFolder, 'resolv.conf'),
    secret,
    startCoordinator: () => start('coordinator', coordinatorFile),
    startAgent: (...before) => start('agent', agentFile, before),
    startPhone: () =>
      start('agent', phoneFile, ['env', `PATH=${furniture.phone?.programs}:${process.env['PATH']}`]),
    get,
    change,
    wan,
    isSo,
    async goBack() {
      await isSo(
        'the coordinator knows where traffic goes',
        ({ active, uplinks, holder }) => {
          const device = uplinks.find(({ id }) => id === active)?.interface
          return device === leavesBy() && holder === 'coordinator'
        },
        LONGEST_RECONNECT,
      )
      await isSo('the primary is up again', bothUp)
      for (let tries = 0; (await wan())?.active !== 'mifi'; tries++) {
        if (tries > 4) throw new Error(`traffic does not go back: ${JSON.stringify(await wan())}`)
        await change('POST', '/api/v1/wan/switch', { uplink: 'mifi', reason: 'a test', forSeconds: 2 })
        await wait(2500)
      }
    },
  }
}

const uplink = (id: string, device: string, priority: number) => ({
  id,
  kind: 'ethernet',
  host: 'rpi4-1',
  interface: device,
  metered: false,
  priority,
})
const nic = (name: string, vlan: number | null, addresses: string[]) => ({
  name,
  vlan,
  tagged: false,
  addresses,
})
const TOPOLOGY = {
  site: 'home',
  vlans: [{ id: 10, name: 'INFRA', subnet: '10.10.0.0/24', gateway: '10.10.0.1', metered: 'allow' }],
  hosts: [
    {
      name: 'rpi4-1',
      role: 'router',
      model: 'a namespace',
      interfaces: [nic('lan10', 10, ['10.10.0.1']), nic('wan1', null, []), nic('wan2', null, [])],
    },
  ],
  phones: [],
  uplinks: [uplink('mifi', 'wan1', 10), uplink('dsl', 'wan2', 20)],
  modems: [],
  rules: [],
}

/** The same with a phone that lends its network in place of the second uplink. */
const withPhone = ({ idleSeconds }: LabPhone) => ({
  ...TOPOLOGY,
  phones: [{ name: 'phone-1', address: '10.10.0.50', vlan: 10 }],
  uplinks: [
    uplink('mifi', 'wan1', 10),
    { ...uplink('tether', 'wan2', 20), kind: 'phone-tether', phone: 'phone-1', tether: { idleSeconds } },
  ],
})

/** Writes the files that all are started with. */
const furnish = (
  folder: string,
  stateDir: string,
  { phone, topology = (usual) => usual, ...more }: Furniture,
): { coordinatorFile: string; agentFile: string; phoneFile: string; secret: string } => {
  mkdirSync(stateDir, { mode: 0o700 })
  const write = (name: string, content: object): string => {
    writeFileSync(join(folder, name), JSON.stringify(content))
    return join(folder, name)
  }
  const secrets = openCredentials(credentialsFile(stateDir))
  const secretOf = (node: string): string => secrets.add(node, new Date().toISOString())
  const signingKeys = openSigningKeys(trustFolder(stateDir), {
    site: 'home',
    at: '2026-11-01T00:00:00Z',
  }).current()
  const coordinator = {
    topology: write('topology.json', phone ? withPhone(phone) : topology(TOPOLOGY)),
    stateDir,
    broker: { kind: 'embedded', port: MQTT },
    http: { port: HTTP },
    log: 'error',
    ...more.coordinator,
  }
  const agentOf = (node: string) => ({
    site: 'home',
    node,
    broker: { host: '127.0.0.1', port: MQTT, secret: secretOf(node) },
    signingKeys,
    stateDir: join(folder, node),
    mode: 'full',
    ignoreInterfaces: ['lo'],
    log: process.env['WAN_LOG'] ?? 'error',
  })
  const router = agentOf('rpi4-1')
  return {
    coordinatorFile: write('coordinator.json', coordinator),
    agentFile: write('agent.json', { ...router, ...more.agent }),
    secret: router.broker.secret,
    phoneFile: write('phone.json', {
      ...agentOf('phone-1'),
      ...(phone && { tether: { on: phone.on, off: phone.off } }),
    }),
  }
}
