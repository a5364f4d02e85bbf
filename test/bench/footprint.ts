import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AGENT_ENVIRONMENT, AGENT_FLAGS } from '@infra-home/agent/flags.ts'
import { ROOT, stopChild } from './child.ts'
import { type CoordinatorChild, startCoordinatorChild } from './coordinator-child.ts'
import { type Bench, figure, type Figure } from './figure.ts'
import { type Usage, usageOf } from './memory.ts'

const NODES = ['home-1', 'home-2', 'home-3', 'home-4', 'home-5', 'home-6']

/** Memory and processor of the bundles as shipped, against a Node that does nothing, after ten minutes. */
export const footprint: Bench = async ({ quick, say }) => {
  execFileSync(process.execPath, [join(ROOT, 'scripts/build.ts')], { cwd: ROOT, stdio: 'ignore' })
  const seconds = quick ? 45 : 600
  const settling = quick ? 15 : 60
  const folder = mkdtempSync(join(tmpdir(), 'infra-home-footprint-'))
  // Copies of the program, so that no page of it is shared with another and each is counted whole.
  const node = join(folder, 'node')
  cpSync(process.execPath, node)
  const bare = spawn(process.execPath, ['-e', 'setInterval(() => {}, 10_000)'], { stdio: 'ignore' })
  const home = await startCoordinatorChild([], 'dist/coordinator.mjs', { tls: true })
  const agents = await Promise.all(NODES.map((name) => startAgent(folder, node, { name, home })))
  await home.restart() // giving out certificates loads a library that a coordinator does without for the rest of the year
  say(`measuring for ${seconds} s …`)
  await sleep(settling)
  const settled = [...agents, bare].map((child) => usageOf(pidOf(child)))
  await sleep(seconds - settling)
  const figures = [
    ...memoryFigures(agents, bare),
    ...processorFigures([...agents, bare], settled, seconds - settling),
    coordinatorFigure(home.child(), bare),
  ]
  bare.kill()
  await Promise.all(agents.map(stopChild))
  await home.stop()
  rmSync(folder, { recursive: true, force: true })
  return figures
}

const pidOf = (child: ChildProcess | undefined): number => {
  if (child?.pid === undefined || child.exitCode !== null)
    throw new Error('a measured process is not running')
  return child.pid
}

/** An agent as it is shipped, enrolled by the line that its owner would paste: it speaks by TLS. */
const startAgent = async (
  folder: string,
  node: string,
  { name, home }: { readonly name: string; readonly home: CoordinatorChild },
): Promise<ChildProcess> => {
  const stateDir = join(folder, name)
  const config = join(folder, `${name}.json`)
  const script = join(ROOT, 'dist/agent.mjs')
  const words = await home.enrolment(name)
  execFileSync(node, [script, ...words, '--state', stateDir, '--config', config], { stdio: 'ignore' })
  const enrolled = JSON.parse(readFileSync(config, 'utf8')) as object
  writeFileSync(config, JSON.stringify({ ...enrolled, cadenceMs: 10_000, log: 'error' }))
  return spawn(node, [...AGENT_FLAGS, script, '--config', config], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...AGENT_ENVIRONMENT },
  })
}

const sleep = (seconds: number): Promise<void> => new Promise((r) => setTimeout(r, seconds * 1000))

const memoryFigures = (agents: readonly ChildProcess[], bare: ChildProcess): Figure[] => {
  const used = agents.map((agent) => usageOf(pidOf(agent)))
  const nothing = usageOf(pidOf(bare))
  const against = 'node with a bare setInterval'
  return [
    figure('agent-rss', 'bytes', {
      ours: used.map((u) => u.rssBytes),
      yardstick: [nothing.rssBytes],
      against,
    }),
    figure('agent-anon', 'bytes', {
      ours: used.map((u) => u.anonBytes),
      yardstick: [nothing.anonBytes],
      against,
    }),
  ]
}

/** What running costs, and apart from it what starting cost until it had settled, the first inventory included. */
const processorFigures = (
  all: readonly ChildProcess[],
  settled: readonly Usage[],
  seconds: number,
): Figure[] => {
  const starts = settled.map(({ cpuSeconds }) => cpuSeconds)
  const shares = all.map((child, i) => (usageOf(pidOf(child)).cpuSeconds - (starts[i] ?? 0)) / seconds)
  const against = 'node with a bare setInterval'
  return [
    figure('agent-cpu', 'share of a core', {
      ours: shares.slice(0, -1),
      yardstick: shares.slice(-1),
      against,
    }),
    figure('agent-start-cpu', 's', { ours: starts.slice(0, -1), yardstick: starts.slice(-1), against }),
  ]
}

const coordinatorFigure = (child: ChildProcess, bare: ChildProcess): Figure =>
  figure('coordinator-rss', 'bytes', {
    ours: [usageOf(pidOf(child)).rssBytes],
    yardstick: [usageOf(pidOf(bare)).rssBytes],
    against: 'node with a bare setInterval',
  })
