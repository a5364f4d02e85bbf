// The only file of the agent that knows its process: arguments, environment, signals, exit.
import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { describeError, InfraError, isInfraError } from '@infra-home/shared/errors.ts'
import { lineLog } from '@infra-home/shared/log.ts'
import { sayStopping, systemdEnvironment } from '@infra-home/shared/systemd.ts'
import { approversCommand } from './approvers-command.ts'
import { loadAgentConfig } from './config.ts'
import { defaultStateDir } from './default-state.ts'
import type { EnrolFlags } from './identity/commands.ts'
import { agentFor } from './run.ts'
import { identityFolder } from './sys/identity-folder.ts'
import { realChance } from './sys/real-chance.ts'
import { realDisk } from './sys/real-disk.ts'
import { androidEnvironment } from './sys/android-environment.ts'
import { lockStateFolder } from './sys/lock-state.ts'
import { bootId, realSys } from './sys/real.ts'
import type { OwnEnvironment } from './sys/real-exec.ts'
import { TIDY_EVERY_MS, tidyMemory } from './sys/tidy-memory.ts'
import { writeWhole } from './sys/write-whole.ts'
import { VERSION } from './version.ts'
import { startWatchdog, systemdOver } from './watchdog.ts'
import { keptWitnesses, witnessLines } from './witness.ts'

const USAGE = `usage: agent --config FILE                 run
       agent --config FILE --check-config  check the configuration and stop
       agent enrol --at URL --authority sha256:… --token TOKEN [--node NAME] [--config FILE] [--state FOLDER] [--again]
       agent modems [--config FILE] [--state FOLDER]  look for modems, and print what to configure
       agent --config FILE renew           have the certificate renewed now
       agent --config FILE witnesses       print what is kept of the coordinator's journal
       agent --config FILE approvers       print whose approval counts here
       agent --config FILE approvers forget
       agent --version
FILE is JSON; its schema is agent/agent.schema.json of the sources`

/** What was wrong, above what would be right. */
const misused = (what: string): InfraError => new InfraError('usage', `${what}\n${USAGE}`)

const OPTIONS = {
  config: { type: 'string' },
  'check-config': { type: 'boolean' },
  version: { type: 'boolean' },
  help: { type: 'boolean' },
  at: { type: 'string' },
  authority: { type: 'string' },
  token: { type: 'string' },
  node: { type: 'string' },
  state: { type: 'string' },
  again: { type: 'boolean' },
} as const

const main = async (): Promise<void> => {
  const { values, positionals } = wordsOf()
  if (values.help) return console.log(USAGE)
  if (values.version) return console.log(VERSION)
  if (positionals.join(' ') === 'enrol') return enrolHere(values)
  if (positionals.join(' ') === 'modems') return modemsHere(values)
  if (!values.config) throw misused('--config FILE is missing')
  const config = loadAgentConfig(values.config, (path) => readFileSync(path, 'utf8'))
  if (values['check-config'])
    return console.log(`${values.config}: fine (node ${config.node} of site ${config.site})`)
  const [noun, ...words] = positionals
  if (noun === 'approvers')
    return console.log(await approversCommand(realDisk(config.stateDir), words, USAGE))
  if (positionals.join(' ') === 'witnesses')
    return console.log(witnessLines(await keptWitnesses(realDisk(config.stateDir))))
  if (positionals.join(' ') === 'renew') {
    const { renewHere } = await import('./identity/commands.ts')
    return console.log(await renewHere(identityFolder(config.trust)))
  }
  if (positionals.length > 0) throw misused(`there is no command ${positionals.join(' ')}`)
  await serve(config, values.config)
}

const wordsOf = () => {
  try {
    return parseArgs({ allowPositionals: true, options: OPTIONS })
  } catch (cause) {
    throw misused(describeError(cause))
  }
}

const enrolHere = async (flags: EnrolFlags): Promise<void> => {
  const { enrolDevice } = await import('./identity/commands.ts')
  console.log(await enrolDevice(flags, { isRoot: isRoot(), write: writeConfig, readConfig }))
}

/** A person waits: each host is asked once a minute. */
const modemsHere = async ({ config: file, state }: { config?: string; state?: string }): Promise<void> => {
  const { modemsCommand } = await import('./modem-search/command.ts')
  const config = file === undefined ? null : loadAgentConfig(file, (path) => readFileSync(path, 'utf8'))
  const stateDir = resolve(state ?? config?.stateDir ?? defaultStateDir(isRoot()))
  const sys = realSys({
    stateDir,
    scripts: { inventory: [], renew: [], powerCycle: {}, tether: null },
    environment: surroundings(),
  })
  const alive = setInterval(() => {}, TIDY_EVERY_MS)
  try {
    console.log(await modemsCommand(sys, config ?? {}))
  } finally {
    clearInterval(alive)
  }
}

const isRoot = (): boolean => process.getuid?.() === 0

const statOf = (file: string) => statSync(file, { throwIfNoEntry: false })

const readConfig = (file: string): string | null => (statOf(file) ? readFileSync(file, 'utf8') : null)

const writeConfig = (file: string, text: string): void => writeWhole(file, text, statOf(file))

/** Of a script beside this one, as source or as shipped. */
const pathOf = (script: string): string =>
  fileURLToPath(new URL(`./${script}${import.meta.url.endsWith('.ts') ? '.ts' : '.mjs'}`, import.meta.url))

const surroundings = (): OwnEnvironment => ({
  path: process.env['PATH'] ?? '/usr/bin:/bin',
  notifySocket: process.env['NOTIFY_SOCKET'] ?? null,
  android: androidEnvironment(process.env),
  runtimeFolder: process.env['RUNTIME_DIRECTORY'] ?? null,
})

const serve = async (config: ReturnType<typeof loadAgentConfig>, configFile: string): Promise<void> => {
  const { env } = process
  const log = lineLog((line) => void process.stderr.write(line), {
    least: config.log ?? 'info',
    journald: env['JOURNAL_STREAM'] !== undefined,
  })
  const identity = config.broker.tls ? identityFolder(config.trust) : null
  const unlock = lockStateFolder(config.stateDir, { boot: bootId(), at: new Date().toISOString() })
  const sys = realSys({
    stateDir: config.stateDir,
    identity,
    scripts: {
      inventory: [pathOf('inventory')],
      renew: [pathOf(import.meta.url.endsWith('.ts') ? 'main' : 'agent'), '--config', configFile, 'renew'],
      powerCycle: config.powerCycle ?? {},
      tether: config.tether ?? null,
    },
    environment: surroundings(),
  })
  const agent = agentFor(config, sys, { chance: realChance, log, ...(identity && { identity }) })
  await agent.start()
  // The agent's own timers do not keep the process alive; this one does.
  const alive = setInterval(tidyMemory, TIDY_EVERY_MS)
  const environment = systemdEnvironment(env, process.pid)
  let stopping = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      if (stopping) process.exit(1)
      stopping = true
      clearInterval(alive)
      Promise.all([sayStopping(systemdOver(sys, environment, log)), agent.stop()]).then(
        () => {
          unlock()
          process.exit(0)
        },
        () => process.exit(1),
      )
    })
  await startWatchdog(sys, environment, { alive: () => !stopping, log })
}

main().catch((error: unknown) => {
  console.error(isInfraError(error) ? error.message : error)
  process.exit(isInfraError(error, 'config-invalid') || isInfraError(error, 'usage') ? 2 : 1)
})
