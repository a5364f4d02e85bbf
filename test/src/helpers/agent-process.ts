import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AgentConfig } from '@infra-home/agent/config-schema.ts'

const MAIN = join(import.meta.dirname, '../../../agent/src/main.ts')

type RunningAgent = {
  readonly child: ChildProcess
  /** What it wrote to its standard error so far. */
  logged(): string
  /** Resolves with the exit code, null when a signal ended it. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>
}

export type AgentHome = {
  readonly stateDir: string
  start(how?: {
    readonly env?: Readonly<Record<string, string>>
    readonly execArgv?: readonly string[]
  }): RunningAgent
  remove(): void
}

/** A configuration for an agent as it is shipped, on this machine, without its many interfaces. */
export const agentHome = (
  config: Pick<AgentConfig, 'node' | 'broker' | 'signingKeys'> & Partial<AgentConfig>,
): AgentHome => {
  const folder = mkdtempSync(join(tmpdir(), 'infra-home-agent-'))
  const stateDir = config.stateDir ?? join(folder, 'state')
  mkdirSync(stateDir, { recursive: true })
  const usual = {
    site: 'home',
    stateDir,
    cadenceMs: 1000,
    ignoreInterfaces: ['*'],
  } satisfies Partial<AgentConfig>
  const file = join(folder, 'agent.json')
  writeFileSync(file, JSON.stringify({ ...usual, ...config }))
  return {
    stateDir,
    start: ({ env = {}, execArgv = [] } = {}) => {
      const child = spawn(process.execPath, [...execArgv, MAIN, '--config', file], {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: { ...process.env, ...env },
      })
      return running(child)
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

const running = (child: ChildProcess): RunningAgent => {
  let logged = ''
  child.stderr?.on('data', (part: Buffer) => (logged += part.toString()))
  const gone = new Promise<number | null>((resolve) => child.once('exit', resolve))
  return {
    child,
    logged: () => logged,
    end(signal) {
      child.kill(signal)
      return gone
    },
  }
}
