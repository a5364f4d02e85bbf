import { dirname, join, resolve } from 'node:path'
import { InfraError } from '@infra-home/shared/errors.ts'
import { checker, type Problem } from '@infra-home/shared/problem.ts'
import { configInvalid, readConfig } from '@infra-home/shared/read-config.ts'
import {
  alarmProblems,
  channelProblems,
  type LoadedAlarm,
  loadAlarm,
  type SecretOf,
} from './alarm/load-alarm.ts'
import {
  advertiseProblems,
  idleSettingProblems,
  programProblems,
  sameIdProblems,
  wrongIpv4Problems,
} from './config-problems.ts'
import { AgentConfig, type ModemConfig } from './config-schema.ts'
import { MODEM_DRIVERS } from './modems.gen.ts'
import { pinFault } from './modems/judge.ts'

/** A modem with the driver's part of its configuration, its password in it. */
export type LoadedModem = Omit<ModemConfig, 'config'> & {
  readonly config: Readonly<Record<string, unknown>>
  /** Of its SIM card. */
  readonly pin?: string
}

/** A configuration with the secrets that it names. */
export type LoadedAgentConfig = Omit<AgentConfig, 'alarm' | 'modems'> & {
  readonly modems?: readonly LoadedModem[]
  readonly alarm?: LoadedAlarm
  /** Null with tls: the certificate says who we are. */
  readonly secret: string | null
}

/** Reads a file as text; throws what the file system throws. */
export type ReadText = (path: string) => string

/**
 * Reads an agent's configuration file; paths in it are relative to it, and secrets are read from the files they name.
 * @throws InfraError config-invalid: every place, its value and what was expected
 */
export const loadAgentConfig = (
  file: string,
  readText: ReadText,
): LoadedAgentConfig & { readonly trust: string } => {
  const config = readConfig<AgentConfig>(textOf(file, readText), file, AgentConfig)
  const problems = [
    ...(config.modems ?? []).flatMap((modem, i) => modemProblems(modem, `/modems/${i}`)),
    ...sameIdProblems(config),
    ...programProblems(config),
    ...advertiseProblems(config),
    ...idleSettingProblems(config),
  ]
  if (config.alarm) problems.push(...channelProblems(config.alarm))
  if (problems.length > 0) throw configInvalid(file, problems)
  const from = (path: string): string => resolve(dirname(file), path)
  const secretOf: SecretOf = (path, place) => {
    try {
      return readText(from(path)).trim()
    } catch (cause) {
      const { code = 'unreadable' } = cause as NodeJS.ErrnoException
      throw configInvalid(file, [{ path: place, value: path, expected: `a file that can be read (${code})` }])
    }
  }
  const brokerFaults = brokerProblems(config)
  if (brokerFaults.length > 0) throw configInvalid(file, brokerFaults)
  const { secret, secretFile } = config.broker
  const modems = (config.modems ?? []).map((modem, i) => loadModem(modem, `/modems/${i}`, secretOf))
  const pinFaults = modems.flatMap(pinProblems)
  if (pinFaults.length > 0) throw configInvalid(file, pinFaults)
  const { alarm: settings, ...rest } = config
  const alarm = settings && loadAlarm(settings, secretOf)
  const alarmFaults = alarm ? alarmProblems(alarm, modems) : []
  if (alarmFaults.length > 0) throw configInvalid(file, alarmFaults)
  return {
    ...rest,
    ...(alarm && { alarm }),
    modems,
    stateDir: from(config.stateDir),
    trust: from(config.trust ?? join(config.stateDir, 'trust')),
    secret: secretFile ? secretOf(secretFile, '/broker/secretFile') : (secret ?? null),
  }
}

const loadModem = (modem: ModemConfig, place: string, secretOf: SecretOf): LoadedModem => {
  const { passwordFile, pinFile } = modem
  return {
    ...modem,
    config: {
      ...modem.config,
      ...(passwordFile && { password: secretOf(passwordFile, `${place}/passwordFile`) }),
    },
    ...(pinFile && { pin: secretOf(pinFile, `${place}/pinFile`) }),
  }
}

/** The value that is shown is the file's name: what it holds is a secret. */
const pinProblems = ({ pin, pinFile }: LoadedModem, i: number): Problem[] =>
  pin === undefined || pinFault(pin) === null
    ? []
    : [{ path: `/modems/${i}/pinFile`, value: pinFile, expected: 'a file that holds four to eight digits' }]

const textOf = (file: string, readText: ReadText): string => {
  try {
    return readText(file)
  } catch (cause) {
    throw new InfraError('config-invalid', `${file}: cannot be read: ${(cause as Error).message}`, { cause })
  }
}

/** Without TLS a secret would cross the network for everybody to read. */
const brokerProblems = ({ broker, signingKeys }: AgentConfig): Problem[] => {
  const { host, tls, secret, secretFile } = broker
  const given = secret ?? secretFile
  if (tls)
    return given === undefined
      ? []
      : [
          {
            path: '/broker/secret',
            value: '(a secret)',
            expected: 'none: with tls a certificate says who we are',
          },
        ]
  if (given === undefined)
    return [{ path: '/broker/secret', value: undefined, expected: 'secret or secretFile, or tls: true' }]
  if (!isThisMachine(host))
    return [{ path: '/broker/host', value: host, expected: 'this machine (127.0.0.1), or tls: true' }]
  if (signingKeys === undefined)
    return [
      { path: '/signingKeys', value: undefined, expected: 'the keys that `coordinator node add` prints' },
    ]
  return []
}

const isThisMachine = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)

const modemProblems = (modem: ModemConfig, place: string): Problem[] => {
  const driver = MODEM_DRIVERS.find(({ name }) => name === modem.driver)
  const names = MODEM_DRIVERS.map(({ name }) => name).join(', ')
  if (!driver) return [{ path: `${place}/driver`, value: modem.driver, expected: `one of ${names}` }]
  const found = checker(driver.configSchema)(modem.config ?? {})
  return (found.length > 0 ? found : wrongIpv4Problems(modem)).map((p) => ({
    ...p,
    path: `${place}/config${p.path}`,
  }))
}
