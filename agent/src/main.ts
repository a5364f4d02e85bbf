// The only file of the agent that knows its process: arguments, environment, signals, exit.
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { InfraError, isInfraError } from '@infra-home/shared/errors.ts'
import { lineLog } from '@infra-home/shared/log.ts'
import { sayStopping, systemdEnvironment } from '@infra-home/shared/systemd.ts'
import { loadAgentConfig } from './config.ts'
import { agentFor } from './run.ts'
import { realChance } from './sys/real-chance.ts'
import { realDisk } from './sys/real-disk.ts'
import { realSys } from './sys/real.ts'
import { TIDY_EVERY_MS, tidyMemory } from './sys/tidy-memory.ts'
import { VERSION } from './version.ts'
import { startWatchdog, systemdOver } from './watchdog.ts'
import { keptWitnesses, witnessLines } from './witness.ts'

const USAGE = `usage: agent --config FILE                 run
       agent --config FILE --check-config  check the configuration and stop
       agent --config FILE witnesses       print what is kept of the coordinator's journal
       agent --version`

const main = async (): Promise<void> => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      config: { type: 'string' },
      'check-config': { type: 'boolean' },
      version: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  })
  if (values.help) return console.log(USAGE)
  if (values.version) return console.log(VERSION)
  if (!values.config) throw new InfraError('usage', USAGE)
  const config = loadAgentConfig(values.config, (path) => readFileSync(path, 'utf8'))
  if (values['check-config'])
    return console.log(`${values.config}: fine (node ${config.node} of site ${config.site})`)
  if (positionals.join(' ') === 'witnesses')
    return console.log(witnessLines(await keptWitnesses(realDisk(config.stateDir))))
  if (positionals.length > 0) throw new InfraError('usage', USAGE)
  await serve(config)
}

const serve = async (config: ReturnType<typeof loadAgentConfig>): Promise<void> => {
  const { env } = process
  const log = lineLog((line) => void process.stderr.write(line), {
    least: config.log ?? 'info',
    journald: env['JOURNAL_STREAM'] !== undefined,
  })
  const inventoryScript = new URL(
    import.meta.url.endsWith('.ts') ? './inventory.ts' : './inventory.mjs',
    import.meta.url,
  )
  const sys = realSys({
    stateDir: config.stateDir,
    inventoryScript: inventoryScript.pathname,
    environment: { path: env['PATH'] ?? '/usr/bin:/bin', notifySocket: env['NOTIFY_SOCKET'] ?? null },
  })
  const agent = agentFor(config, sys, { chance: realChance, log })
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
        () => process.exit(0),
        () => process.exit(1),
      )
    })
  await startWatchdog(sys, environment, { alive: () => !stopping, log })
}

main().catch((error: unknown) => {
  console.error(isInfraError(error) ? error.message : error)
  process.exit(isInfraError(error, 'config-invalid') || isInfraError(error, 'usage') ? 2 : 1)
})
