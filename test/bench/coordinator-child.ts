import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { credentialsFile } from '@infra-home/coordinator/credentials-file.ts'
import { openCredentials } from '@infra-home/coordinator/broker/credentials.ts'
import { openSigningKeys, trustFolder } from '@infra-home/coordinator/trust/signing-keys.ts'
import { COORDINATOR_ENVIRONMENT, COORDINATOR_FLAGS } from '@infra-home/coordinator/flags.ts'
import { startChild, stopChild } from './child.ts'

export type CoordinatorChild = {
  readonly child: ChildProcess
  readonly http: string
  readonly mqtt: { readonly host: string; readonly port: number }
  /** The secret of each node. */
  readonly secrets: ReadonlyMap<string, string>
  readonly signingKeys: readonly string[]
  stop(): Promise<void>
}

/** A coordinator as shipped, in a process and a folder of its own, that knows `nodes`. */
export const startCoordinatorChild = async (
  nodes: readonly string[],
  script = 'coordinator/src/main.ts',
): Promise<CoordinatorChild> => {
  const stateDir = mkdtempSync(join(tmpdir(), 'infra-home-bench-'))
  const credentials = openCredentials(credentialsFile(stateDir))
  const secrets = new Map(nodes.map((node) => [node, credentials.add(node, new Date().toISOString())]))
  const config = join(stateDir, 'coordinator.json')
  writeFileSync(
    config,
    JSON.stringify({
      site: 'bench',
      stateDir,
      broker: { kind: 'embedded', port: 0 },
      http: { port: 0 },
      log: 'error',
    }),
  )
  const { child, first } = await startChild<{ http: string; mqtt: string }>(script, ['--config', config], {
    flags: COORDINATOR_FLAGS,
    environment: COORDINATOR_ENVIRONMENT,
  })
  const { hostname: host, port } = new URL(first.mqtt)
  return {
    child,
    http: first.http,
    mqtt: { host, port: Number(port) },
    secrets,
    signingKeys: openSigningKeys(trustFolder(stateDir), {
      site: 'bench',
      at: '2026-11-01T00:00:00Z',
    }).current(),
    async stop() {
      await stopChild(child)
      rmSync(stateDir, { recursive: true, force: true })
    },
  }
}
