import { dirname, resolve } from 'node:path'
import { InfraError } from '@infra-home/shared/errors.ts'
import { checker, type Problem } from '@infra-home/shared/problem.ts'
import { configInvalid, readConfig } from '@infra-home/shared/read-config.ts'
import { AgentConfig } from './config-schema.ts'
import { MODEM_DRIVERS } from './modems.gen.ts'

/** A configuration with the secrets that it names. */
export type LoadedAgentConfig = AgentConfig & { readonly secret: string }

/** Reads a file as text; throws what the file system throws. */
export type ReadText = (path: string) => string

/**
 * Reads an agent's configuration file; paths in it are relative to it, and secrets are read from the files they name.
 * @throws InfraError config-invalid: every place, its value and what was expected
 */
export const loadAgentConfig = (file: string, readText: ReadText): LoadedAgentConfig => {
  const config = readConfig<AgentConfig>(readOrFail(file, file, readText), file, AgentConfig)
  const problems = (config.modems ?? []).flatMap((modem, i) => modemProblems(modem, `/modems/${i}`))
  if (problems.length > 0) throw configInvalid(file, problems)
  const from = (path: string): string => resolve(dirname(file), path)
  const secretOf = (path: string): string => readOrFail(from(path), file, readText).trim()
  const { secret, secretFile } = config.broker
  if (!secret && !secretFile)
    throw configInvalid(file, [
      { path: '/broker/secret', value: undefined, expected: 'secret or secretFile' },
    ])
  const modems = (config.modems ?? []).map((modem) =>
    modem.passwordFile
      ? { ...modem, config: { ...modem.config, password: secretOf(modem.passwordFile) } }
      : modem,
  )
  return {
    ...config,
    modems,
    stateDir: from(config.stateDir),
    secret: secretFile ? secretOf(secretFile) : (secret ?? ''),
  }
}

const readOrFail = (path: string, place: string, readText: ReadText): string => {
  try {
    return readText(path)
  } catch (cause) {
    throw new InfraError('config-invalid', `${place}: ${path} cannot be read: ${(cause as Error).message}`, {
      cause,
    })
  }
}

const modemProblems = (modem: NonNullable<AgentConfig['modems']>[number], place: string): Problem[] => {
  const driver = MODEM_DRIVERS.find(({ name }) => name === modem.driver)
  const names = MODEM_DRIVERS.map(({ name }) => name).join(', ')
  if (!driver) return [{ path: `${place}/driver`, value: modem.driver, expected: `one of ${names}` }]
  return checker(driver.configSchema)(modem.config).map((p) => ({ ...p, path: `${place}/config${p.path}` }))
}
