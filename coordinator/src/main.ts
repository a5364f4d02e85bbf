// The only file of the coordinator that knows its process: arguments, environment, signals, exit.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { wallMs } from '@infra-home/shared/clock.ts'
import { describeError, InfraError, isInfraError } from '@infra-home/shared/errors.ts'
import { lineLog } from '@infra-home/shared/log.ts'
import { isName } from '@infra-home/shared/names.ts'
import { sayStopping, startWatchdog, systemdEnvironment } from '@infra-home/shared/systemd.ts'
import { digestDoubts } from './alerts/digest-doubts.ts'
import { JOURNAL_USAGE, journalCommand } from './audit/journal-command.ts'
import { openCredentials } from './broker/credentials.ts'
import { MOSQUITTO_USAGE, mosquittoCommand } from './broker/mosquitto/mosquitto-command.ts'
import { checkRules, loadConfig } from './config.ts'
import { ENROL_USAGE, enrolCommand } from './enrol-command.ts'
import { machineClock } from './machine-clock.ts'
import { nodeConfiguration } from './node-configuration.ts'
import { isNodeTooOld, NODE_NEEDED } from './node-version.ts'
import { databaseFile } from './database-file.ts'
import { credentialsFile } from './credentials-file.ts'
import { runCoordinator } from './run.ts'
import { systemdNotify } from './systemd-notify.ts'
import { APPROVER_USAGE, approverCommand } from './trust/approvers-command.ts'
import { openSigningKeys, trustFolder } from './trust/signing-keys.ts'
import { refuseUnplanned } from './refuse-unplanned.ts'
import { redacted } from './trust/tokens-text.ts'
import { VERSION } from './version.ts'

const USAGE = `usage: coordinator --config FILE                 run
       coordinator --config FILE --check-config  check the configuration and stop
       coordinator --config FILE node add NAME   make a node's secret and print its agent's configuration
       coordinator --config FILE node remove NAME
       ${ENROL_USAGE}
       ${MOSQUITTO_USAGE}
       ${APPROVER_USAGE}
       ${JOURNAL_USAGE}
       coordinator --version
FILE is JSON; its schema is coordinator/coordinator.schema.json of the sources`

/** What was wrong, above what would be right. */
const misused = (what: string): InfraError => new InfraError('usage', `${what}\n${USAGE}`)

const NOUNS: ReadonlySet<string> = new Set(['journal', 'enrol', 'mosquitto', 'approver', 'node'])

const main = async (): Promise<void> => {
  if (isNodeTooOld(process.versions.node))
    throw new InfraError('store-failed', `${NODE_NEEDED}; this is ${process.versions.node}`)
  const { values, positionals } = readArguments()
  if (values.help) return console.log(USAGE)
  if (values.version) return console.log(VERSION)
  const [noun, ...words] = positionals
  if (noun === 'journal') return process.exit(await journal(words, values))
  if (noun !== undefined && !NOUNS.has(noun)) throw misused(`there is no command ${noun}`)
  if (!values.config) throw misused('--config FILE is missing')
  const loaded = loadConfig(values.config)
  if (values['check-config']) {
    checkRules(values.config, loaded)
    for (const doubt of digestDoubts(loaded.config)) console.warn(`${values.config}: ${doubt}`)
    return console.log(`${values.config}: fine (site ${loaded.site})`)
  }
  if (noun === 'enrol') return console.log(await enrolCommand(loaded, words))
  if (noun === 'mosquitto') return console.log(await mosquittoCommand(loaded, words, wallMs(Date.now())))
  if (noun === 'approver')
    return console.log(
      approverCommand(
        { folder: trustFolder(loaded.stateDir), site: loaded.site, configFile: resolve(values.config) },
        words,
        new Date().toISOString(),
      ),
    )
  if (noun === 'node') return nodeCommand(loaded, words)
  await serve(loaded, values.config)
}

/** @throws InfraError usage: what was not understood, and what would be */
const readArguments = () => {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        config: { type: 'string' },
        db: { type: 'string' },
        witness: { type: 'string', multiple: true },
        'check-config': { type: 'boolean' },
        version: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    })
  } catch (cause) {
    throw misused(describeError(cause))
  }
}

type JournalFlags = { readonly config?: string; readonly db?: string; readonly witness?: string[] }

/** Reads a database file; no coordinator is started, and one that runs is not disturbed. */
const journal = (words: readonly string[], { config, db, witness = [] }: JournalFlags): Promise<number> => {
  const file = db ?? (config && databaseFile(loadConfig(config).stateDir))
  if (!file) throw new InfraError('usage', `usage: ${JOURNAL_USAGE}`)
  return journalCommand({
    words,
    db: file,
    witnesses: witness,
    print: (text) => console.log(text),
    progress: (text) => console.error(text),
  })
}

type Loaded = ReturnType<typeof loadConfig>

const nodeCommand = (loaded: Loaded, [verb, name]: readonly string[]): void => {
  if (verb !== 'add' && verb !== 'remove')
    throw misused(verb === undefined ? 'node: add or remove is missing' : `node: there is no command ${verb}`)
  if (!name) throw misused(`node ${verb}: the NAME of a node is missing`)
  if (!isName(name))
    throw new InfraError('usage', `${name}: a node's name is lower-case letters, digits and hyphens`)
  const credentials = openCredentials(credentialsFile(loaded.stateDir))
  if (verb === 'remove') {
    if (!credentials.remove(name)) throw new InfraError('usage', `there is no node ${name}`)
    return console.error(`${name} may no longer connect`)
  }
  refuseUnplanned(loaded, name)
  const secret = credentials.add(name, new Date().toISOString())
  const at = new Date().toISOString()
  const signing = openSigningKeys(trustFolder(loaded.stateDir), { site: loaded.site, at })
  const configuration = nodeConfiguration(loaded, name, { secret, signingKeys: signing.current() })
  console.log(JSON.stringify(configuration, null, 2))
}

const serve = async (loaded: Loaded, configFile: string): Promise<void> => {
  process.umask(0o077) // SQLite gives its files no mode of their own
  const log = lineLog((line) => void process.stderr.write(redacted(line)), {
    least: loaded.config.log ?? 'info',
    journald: process.env['JOURNAL_STREAM'] !== undefined,
  })
  const clock = machineClock()
  const running = await runCoordinator({
    loaded,
    configFile,
    version: VERSION,
    boot: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
    clock,
    log,
    storeWorker: new URL(
      import.meta.url.endsWith('.ts') ? './db/worker/host.ts' : './store-worker.mjs',
      import.meta.url,
    ),
  })
  process.send?.({
    http: running.httpAddress,
    mqtt: running.coordinator.bus.address,
    mqttsPort: running.coordinator.bus.securePort ?? null,
    tokenFile: running.tokenFile,
  })
  const systemd = {
    environment: systemdEnvironment(process.env, process.pid),
    notify: systemdNotify,
    log,
  }
  process.on('SIGHUP', () => void running.reloadRules('SIGHUP'))
  let stopping = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      if (stopping) process.exit(1)
      stopping = true
      Promise.all([sayStopping(systemd), running.stop()]).then(
        () => process.exit(0),
        (error: unknown) => {
          log('error', 'could not stop cleanly', { error: describeError(error) })
          process.exit(1)
        },
      )
    })
  await startWatchdog(systemd, { clock, alive: () => !stopping })
}

main().catch((error: unknown) => {
  console.error(isInfraError(error) ? error.message : error)
  process.exit(
    isInfraError(error, 'config-invalid') ||
      isInfraError(error, 'parse-failed') ||
      isInfraError(error, 'topology-invalid') ||
      isInfraError(error, 'usage')
      ? 2
      : 1,
  )
})
