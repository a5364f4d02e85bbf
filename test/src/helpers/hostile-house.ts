import { spawn } from 'node:child_process'
import { createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type IClientOptions, type MqttClient } from 'mqtt'
import type { Test } from 'tap'
import { mosquittoCommand } from '@infra-home/coordinator/broker/mosquitto/mosquitto-command.ts'
import { loadConfig } from '@infra-home/coordinator/config.ts'
import { machineClock } from '@infra-home/coordinator/machine-clock.ts'
import { type Running, runCoordinator } from '@infra-home/coordinator/run.ts'
import { type Authority, openAuthority } from '@infra-home/coordinator/trust/authority.ts'
import type { Grant } from '@infra-home/coordinator/trust/grant.ts'
import { wallMs } from '@infra-home/shared/clock.ts'
import { type MacKey, macKeyFrom, withMac } from '@infra-home/shared/seal/mac.ts'
import { eventually } from './eventually.ts'
import { freePort } from './free-port.ts'
import type { BrokerKind } from './live-coordinator.ts'
import { newDevice, type NewDevice } from './new-device.ts'

const WORKER = new URL('../../../coordinator/src/db/worker/host.ts', import.meta.url)

export type Member = {
  readonly name: string
  readonly device: NewDevice
  readonly grant: Grant
  readonly paper: { readonly key: string; readonly cert: string }
  /** A message as this node would put it on the line. */
  sealed(said: readonly [topic: string, message: object]): string
}

export type HostileHouse = {
  readonly running: Running
  readonly authority: Authority
  readonly port: number
  enrol(name: string, role?: 'node' | 'reader'): Promise<Member>
  revoke(name: string): Promise<number>
  /** Connects by TLS; rejects when it is not let in. */
  dial(paper: object, options?: IClientOptions): Promise<MqttClient>
  /** How often the broker and ingest have refused, by reason. */
  refusals(): Readonly<Record<string, number>>
}

/** A whole coordinator with certificates, over its own broker or over a real Mosquitto. */
export const hostileHouse = async (t: Test, kind: BrokerKind): Promise<HostileHouse> => {
  const stateDir = mkdtempSync(join(tmpdir(), 'infra-home-hostile-'))
  t.teardown(() => rmSync(stateDir, { recursive: true, force: true }))
  const configFile = join(stateDir, 'coordinator.json')
  const port = await freePort()
  const files = join(stateDir, 'mosquitto')
  const broker =
    kind === 'embedded'
      ? { kind, port: 0, tls: { host: '127.0.0.1', port } }
      : {
          kind: 'external',
          host: '127.0.0.1',
          port,
          tls: { revocationList: join(files, 'revoked.pem'), logFile: join(files, 'log') },
        }
  writeFileSync(
    configFile,
    JSON.stringify({ site: 'home', stateDir, broker, http: { port: 0 }, log: 'error' }),
  )
  const loaded = loadConfig(configFile)
  if (kind === 'mosquitto') await startMosquitto(t, { loaded, files })
  const running = await runCoordinator({
    loaded,
    configFile,
    version: '0.0.0',
    boot: 'this-boot',
    clock: machineClock(),
    log: () => {},
    storeWorker: WORKER,
  })
  t.teardown(() => running.stop())
  const authority = await openAuthority(join(stateDir, 'trust'), 'home')
  const token = readFileSync(running.tokenFile, 'utf8').trim()
  const api = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const answer = await fetch(`${running.httpAddress}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'application/json',
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    })
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
    return (answer.status === 204 ? null : await answer.json()) as T
  }
  const dial: HostileHouse['dial'] = (paper, options = {}) =>
    new Promise((resolve, reject) => {
      const client = connect({
        protocol: 'mqtts',
        host: '127.0.0.1',
        port,
        ca: authority.certificate,
        protocolVersion: 4,
        reconnectPeriod: 0,
        connectTimeout: 10_000,
        ...paper,
        ...options,
      })
      t.teardown(() => void client.end(true))
      client.once('connect', () => resolve(client))
      client.on('error', reject)
      client.once('close', () => reject(new Error('closed')))
    })
  return {
    running,
    authority,
    port,
    dial,
    async enrol(name, role = 'node') {
      const device = await newDevice()
      const opened = await api<{ token: string }>('POST', '/enrolments', { node: name, role })
      const grant = await api<Grant>('POST', '/enrolments/redeem', { token: opened.token, csr: device.csr })
      const key = keyOf(device, grant)
      const paper = { key: device.key, cert: grant.certificate, clientId: name }
      await admitted(dial, paper, role === 'node' ? `ih/1/${name}/ack` : 'ih/1/#')
      return {
        name,
        device,
        grant,
        paper,
        sealed: ([topic, message]) => withMac(key, topic, JSON.stringify(message)),
      }
    },
    async revoke(name) {
      const begun = performance.now()
      await api('DELETE', `/nodes/${name}`)
      return performance.now() - begun
    },
    refusals: () => ({
      ...running.coordinator.counters.read('refused'),
      ...running.coordinator.counters.read('ingest'),
    }),
  }
}

/** Waits until the broker has heard of a newcomer's rights. */
const admitted = (dial: HostileHouse['dial'], paper: object, topic: string): Promise<true> =>
  eventually(`${topic} to be granted`, async () => {
    const client = await dial(paper).catch(() => null)
    if (!client) return null
    const gone = new Promise<false>((resolve) => client.once('close', () => resolve(false)))
    const granted = client.subscribeAsync(topic).then(
      () => true,
      () => false,
    )
    const done = await Promise.race([granted, gone])
    client.end(true)
    return done ? true : null
  })

const keyOf = ({ key }: NewDevice, { agreementKey, site, node }: Grant): MacKey => {
  const agreed = diffieHellman({
    privateKey: createPrivateKey(key),
    publicKey: createPublicKey(agreementKey),
  })
  return macKeyFrom(agreed, site, node)
}

/** A real Mosquitto on the files that the coordinator's own command writes. */
const startMosquitto = async (
  t: Test,
  { loaded, files }: { readonly loaded: ReturnType<typeof loadConfig>; readonly files: string },
): Promise<void> => {
  await mosquittoCommand(loaded, [files], wallMs(Date.now()))
  const config = join(files, 'infra-home.conf')
  const log = join(files, 'log')
  writeFileSync(log, '')
  appendFileSync(
    config,
    ['user root', 'persistence false', 'log_type all', `log_dest file ${log}`, ''].join('\n'),
  )
  const child = spawn('mosquitto', ['-c', config], { stdio: 'ignore' })
  const gone = new Promise((resolve) => child.once('exit', resolve))
  t.teardown(async () => {
    child.kill('SIGKILL')
    await gone
  })
  await eventually('Mosquitto', () => readFileSync(log, 'utf8').includes(' running'))
}
