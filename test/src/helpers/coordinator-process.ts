import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openCredentials } from '@infra-home/coordinator/broker/credentials.ts'
import { credentialsFile } from '@infra-home/coordinator/credentials-file.ts'
import { openSigningKeys, trustFolder } from '@infra-home/coordinator/trust/signing-keys.ts'

const MAIN = join(import.meta.dirname, '../../../coordinator/src/main.ts')

export type Addresses = { readonly http: string; readonly mqtt: string; readonly tokenFile: string }

export type CoordinatorHome = {
  readonly stateDir: string
  readonly configFile: string
  readonly secrets: ReadonlyMap<string, string>
  /** What agents pin. */
  readonly signingKeys: string[]
  /** Starts the coordinator's own main in a process; resolves when it listens. */
  start(how?: HowToStart): Promise<RunningCoordinator>
  /** Changes the configuration that the next start reads. */
  configure(more: object): void
  remove(): void
}

type HowToStart = {
  /** More environment, and more arguments for Node.js. */
  readonly env?: Readonly<Record<string, string>>
  readonly execArgv?: readonly string[]
  /** Another program than the sources, such as a bundle. */
  readonly script?: string
}

type RunningCoordinator = {
  readonly addresses: Addresses
  readonly child: ChildProcess
  /** Resolves with the exit code. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>
}

/** A state folder below `parent`, a configuration and the nodes' secrets for a coordinator as it is shipped. */
export const coordinatorHome = (
  nodes: readonly string[],
  config: object = {},
  parent = tmpdir(),
): CoordinatorHome => {
  const stateDir = mkdtempSync(join(parent, 'infra-home-process-'))
  const configFile = join(stateDir, 'coordinator.json')
  const usual = {
    site: 'home',
    stateDir,
    broker: { kind: 'embedded', port: 0 },
    http: { port: 0 },
    log: 'error',
  }
  let current = { ...usual, ...config }
  const configure = (more: object): void => {
    current = { ...current, ...more }
    writeFileSync(configFile, JSON.stringify(current))
  }
  configure({})
  const credentials = openCredentials(credentialsFile(stateDir))
  const secrets = new Map(nodes.map((node) => [node, credentials.add(node, '2026-11-01T00:00:00Z')]))
  const signing = openSigningKeys(trustFolder(stateDir), { site: current.site, at: '2026-11-01T00:00:00Z' })
  return {
    stateDir,
    configFile,
    secrets,
    signingKeys: [...signing.current()],
    configure,
    start: (how) => startMain(configFile, how),
    remove: () => rmSync(stateDir, { recursive: true, force: true }),
  }
}

const startMain = (configFile: string, { env = {}, execArgv = [], script = MAIN }: HowToStart = {}) =>
  new Promise<RunningCoordinator>((resolve, reject) => {
    const child = fork(script, ['--config', configFile], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { ...process.env, ...env },
      execArgv: [...(script === MAIN ? process.execArgv : []), ...execArgv], // a bundle needs no loader
    })
    child.stderr?.on('data', (part: Buffer) => process.stderr.write(part))
    const gone = new Promise<number | null>((ended) => child.once('exit', ended))
    child.once('message', (addresses) =>
      resolve({
        child,
        addresses: addresses as Addresses,
        end(signal) {
          child.kill(signal)
          return gone
        },
      }),
    )
    void gone.then((code) => reject(new Error(`the coordinator ended with ${code}`)))
  })
