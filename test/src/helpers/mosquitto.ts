import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execFileSync } from 'node:child_process'
import { setTimeout as wait } from 'node:timers/promises'
import { freePort } from './free-port.ts'

export type Mosquitto = {
  readonly port: number
  /** Kills the broker; `restart` brings it back. */
  kill(): Promise<void>
  /** Kills the broker and starts it again on the same port. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/** Who hears everything, such as Home Assistant. */
export const READER = 'reader'

/** The access list of docs/runbooks/mosquitto.md: a node writes below its own name and never what is the coordinator's. */
const accessList = (nodes: readonly string[]): string =>
  [
    'user coordinator',
    'topic readwrite ih/1/#',
    'topic readwrite homeassistant/#',
    `user ${READER}`,
    'topic read ih/1/#',
    'topic read homeassistant/#',
    'topic write homeassistant/status',
    ...nodes.flatMap((node) => [
      `user ${node}`,
      ...['$state', '$birth', 'state/#', 'tm', 'backlog', 'event/+', 'res/+', 'have/+'].map(
        (tail) => `topic write ih/1/${node}/${tail}`,
      ),
      ...['ack', 'cmd/+', 'lease', 'want/+'].map((tail) => `topic read ih/1/${node}/${tail}`),
      'topic read ih/1/$coord/state',
    ]),
  ].join('\n')

/** A real Mosquitto on loopback with a password for the coordinator and each node. @throws when the program is not here */
export const startMosquitto = async (
  secrets: Readonly<Record<string, string>>,
  at?: number,
): Promise<Mosquitto> => {
  const folder = mkdtempSync(join(tmpdir(), 'infra-home-mosquitto-'))
  chmodSync(folder, 0o755)
  const port = at ?? (await freePort())
  const passwords = join(folder, 'passwords')
  writeFileSync(passwords, '')
  for (const [name, secret] of Object.entries(secrets))
    execFileSync('mosquitto_passwd', ['-b', passwords, name, secret])
  writeFileSync(
    join(folder, 'acl'),
    accessList(Object.keys(secrets).filter((name) => name !== 'coordinator' && name !== READER)),
  )
  const config = join(folder, 'mosquitto.conf')
  writeFileSync(
    config,
    [
      `listener ${port} 127.0.0.1`,
      'allow_anonymous false',
      `password_file ${passwords}`,
      `acl_file ${folder}/acl`,
      'persistence false',
      'log_dest none',
      'user root',
    ].join('\n'),
  )
  let child = await launch(config, port)
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await gone
  }
  return {
    port,
    kill,
    async restart() {
      await kill()
      child = await launch(config, port)
    },
    async stop() {
      await kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const launch = async (config: string, port: number) => {
  const child = spawn('mosquitto', ['-c', config], { stdio: 'ignore' })
  const failed = new Promise<never>((_, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`mosquitto ended with ${code}`)))
  })
  failed.catch(() => {})
  await Promise.race([failed, answering(port)])
  return child
}

const answering = async (port: number): Promise<void> => {
  const { connect } = await import('node:net')
  for (let i = 0; i < 200; i++) {
    const there = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false))
      socket.unref()
      setImmediate(() => socket.on('connect', () => socket.destroy()))
    })
    if (there) return
    await wait(20)
  }
  throw new Error('mosquitto does not listen')
}
