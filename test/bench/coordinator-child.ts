import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { credentialsFile } from '@infra-home/coordinator/credentials-file.ts'
import { openCredentials } from '@infra-home/coordinator/broker/credentials.ts'
import { openSigningKeys, trustFolder } from '@infra-home/coordinator/trust/signing-keys.ts'
import { COORDINATOR_ENVIRONMENT, COORDINATOR_FLAGS } from '@infra-home/coordinator/flags.ts'
import { startChild, stopChild } from './child.ts'

export type CoordinatorChild = {
  child(): ChildProcess
  /** Ends it and starts it again at the same ports. */
  restart(): Promise<void>
  readonly http: string
  readonly mqtt: { readonly host: string; readonly port: number }
  /** Where MQTT over TLS is; null without it. */
  readonly mqttsPort: number | null
  /** The secret of each node. */
  readonly secrets: ReadonlyMap<string, string>
  readonly signingKeys: readonly string[]
  /** Asks for a change, as the administrator; resolves when the coordinator has it on its disk. */
  post<T>(path: string, body: object): Promise<T>
  /** Opens an enrolment; resolves with what follows `agent` in the line to paste. */
  enrolment(node: string): Promise<string[]>
  stop(): Promise<void>
}

/** A coordinator as shipped, in a process and a folder of its own, that knows `nodes`. */
export const startCoordinatorChild = async (
  nodes: readonly string[],
  script = 'coordinator/src/main.ts',
  { tls = false } = {},
): Promise<CoordinatorChild> => {
  const stateDir = mkdtempSync(join(tmpdir(), 'infra-home-bench-'))
  const credentials = openCredentials(credentialsFile(stateDir))
  const secrets = new Map(nodes.map((node) => [node, credentials.add(node, new Date().toISOString())]))
  const config = join(stateDir, 'coordinator.json')
  type First = { http: string; mqtt: string; mqttsPort: number | null; tokenFile: string }
  const start = (ports: { readonly http: number; readonly mqtt: number; readonly mqtts: number }) => {
    const secure = tls ? { tls: { host: '127.0.0.1', port: ports.mqtts } } : {}
    const broker = { kind: 'embedded', port: ports.mqtt, ...secure }
    writeFileSync(
      config,
      JSON.stringify({ site: 'bench', stateDir, broker, http: { port: ports.http }, log: 'error' }),
    )
    return startChild<First>(script, ['--config', config], {
      flags: COORDINATOR_FLAGS,
      environment: COORDINATOR_ENVIRONMENT,
    })
  }
  const begun = await start({ http: 0, mqtt: 0, mqtts: 0 })
  const { first } = begun
  let { child } = begun
  const portOf = (address: string): number => Number(new URL(address).port)
  const host = new URL(first.mqtt).hostname
  const post = async <T>(path: string, body: object): Promise<T> => {
    const answer = await fetch(`${first.http}${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${readFileSync(first.tokenFile, 'utf8').trim()}`,
        accept: 'application/json',
        'content-type': 'application/json',
      },
      body: JSON.stringify(body),
    })
    if (!answer.ok) throw new Error(`POST ${path} answered ${answer.status}: ${await answer.text()}`)
    return (await answer.json()) as T
  }
  return {
    child: () => child,
    async restart() {
      await stopChild(child)
      const ports = { http: portOf(first.http), mqtt: portOf(first.mqtt), mqtts: first.mqttsPort ?? 0 }
      child = (await start(ports)).child
    },
    http: first.http,
    mqtt: { host, port: portOf(first.mqtt) },
    mqttsPort: first.mqttsPort,
    secrets,
    signingKeys: openSigningKeys(trustFolder(stateDir), {
      site: 'bench',
      at: '2026-11-01T00:00:00Z',
    }).current(),
    post,
    async enrolment(node) {
      const { lines } = await post<{ lines: { pi: string } }>('/api/v1/enrolments', { node })
      return lines.pi.split(' ').slice(2)
    },
    async stop() {
      await stopChild(child)
      rmSync(stateDir, { recursive: true, force: true })
    },
  }
}
