import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { configInvalid, readConfig } from '@infra-home/shared/read-config.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import { checker, type Problem } from '@infra-home/shared/problem.ts'
import { loadTopology } from '@infra-home/shared/topology/load.ts'
import type { Topology } from '@infra-home/shared/topology/schema.ts'
import { channelProblems } from './alerts/channel-problems.ts'
import { CHANNEL_KINDS } from './alerts/channels.gen.ts'
import { levelOrderProblems } from './alerts/level-order.ts'
import { readRules } from './alerts/read-rules.ts'
import { RULES } from './alerts/rules.gen.ts'
import { SITE_RULES } from './alerts/site-rules.gen.ts'
import {
  channelNodeProblems,
  copyNodeProblems,
  fileProblems,
  networkProblems,
  timeProblems,
} from './config-problems.ts'
import { CoordinatorConfig } from './config-schema.ts'
import { contactProblems } from './contact-problems.ts'
import { isLoopback } from './loopback.ts'
import { plannedNodes } from './world/world.ts'
import { isRecipient } from './jobs/copy/recipient.ts'

/** The configuration with its files read; paths are absolute. */
export type LoadedConfig = {
  readonly config: CoordinatorConfig
  readonly site: string
  readonly topology: Topology | null
  readonly stateDir: string
  /** Where the owner's own rules stand; it may have mistakes, which do not keep a coordinator from starting. */
  readonly rulesFile: string | null
}

/**
 * Reads a coordinator's configuration file and the topology that it names; paths in it are relative to it.
 * @throws InfraError config-invalid, topology-invalid: every place, its value and what was expected
 */
export const loadConfig = (file: string): LoadedConfig => {
  const config = readConfig<CoordinatorConfig>(readText(file), file, CoordinatorConfig)
  const from = (path: string): string => resolve(dirname(file), path)
  const contentOf = (path: string): string | null => textOrNull(from(path))
  const problems = [
    ...channelProblems(config.channels ?? [], CHANNEL_KINDS, contentOf),
    ...contactProblems(config),
    ...ruleProblems(config),
    ...copyProblems(config),
    ...brokerProblems(config),
    ...timeProblems(config),
    ...networkProblems(config),
    ...fileProblems(config, contentOf),
  ]
  if (problems.length > 0) throw configInvalid(file, problems)
  const topology = config.topology
    ? loadTopology(readText(from(config.topology)), from(config.topology))
    : null
  const unplanned = [...copyNodeProblems(config, topology), ...channelNodeProblems(config, topology)]
  if (unplanned.length > 0) throw configInvalid(file, unplanned)
  const site = config.site ?? topology?.site
  if (!site)
    throw configInvalid(file, [
      { path: '/site', value: undefined, expected: 'a site, here or in the topology' },
    ])
  const rulesFile = config.rulesFile === undefined ? null : from(config.rulesFile)
  return { config, site, topology, stateDir: from(config.stateDir), rulesFile }
}

/** What is checked of a configuration beside what a start needs: the owner's rules. @throws InfraError config-invalid */
export const checkRules = (file: string, loaded: LoadedConfig): void => {
  const { config, rulesFile } = loaded
  if (rulesFile === null) return
  if (textOrNull(rulesFile) === null) {
    const problem = { path: '/rulesFile', value: config.rulesFile, expected: 'a file that can be read' }
    throw configInvalid(file, [problem])
  }
  const { problems } = readRules(rulesFile, nodesOf(loaded))
  if (problems.length > 0) throw configInvalid(rulesFile, problems)
}

/** The nodes of the plan; null where there is none. */
export const nodesOf = ({ topology }: Pick<LoadedConfig, 'topology'>): readonly string[] | null =>
  topology && plannedNodes(topology)

const readText = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new InfraError('config-invalid', `${file}: cannot be read: ${(cause as Error).message}`, { cause })
  }
}

const textOrNull = (file: string): string | null => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null // whoever asked says what was expected
  }
}

/** Below `prefix` in the file's own words. */
const below = (prefix: string, problems: readonly Problem[]): Problem[] =>
  problems.map((problem) => ({ ...problem, path: `${prefix}${problem.path}` }))

const externalProblems = (broker: Extract<CoordinatorConfig['broker'], { kind: 'external' }>): Problem[] => {
  const { host, username, passwordFile, tls } = broker
  if (tls && (username !== undefined || passwordFile !== undefined))
    return [
      {
        path: '/broker/username',
        value: username,
        expected: 'none: with tls our certificate says who we are',
      },
    ]
  if (tls) return []
  if (!isLoopback(host))
    return [
      { path: '/broker/host', value: host, expected: 'an address of this machine alone, or broker.tls' },
    ]
  return username !== undefined && passwordFile !== undefined
    ? []
    : [{ path: '/broker', value: broker, expected: 'username and passwordFile, or tls' }]
}

const brokerProblems = ({ broker }: CoordinatorConfig): Problem[] => {
  if (broker?.kind === 'external') return externalProblems(broker)
  if (broker?.kind !== 'embedded' || !broker.host || isLoopback(broker.host)) return []
  const expected = 'an address of this machine alone, such as 127.0.0.1: for other machines set broker.tls'
  return [{ path: '/broker/host', value: broker.host, expected }]
}

const ruleProblems = ({ rules = {} }: CoordinatorConfig): Problem[] =>
  Object.entries(rules).flatMap(([code, params]) => {
    const all = [...RULES, ...SITE_RULES]
    const rule = all.find((r) => r.code === code)
    const codes = all.map((r) => r.code).join(', ')
    if (!rule) return [{ path: `/rules/${code}`, value: params, expected: `a rule: one of ${codes}` }]
    const problems = checker(rule.paramsSchema)(params)
    return below(`/rules/${code}`, problems.length > 0 ? problems : levelOrderProblems(rule.defaults, params))
  })

const copyProblems = ({ backup }: CoordinatorConfig): Problem[] => {
  const recipient = backup?.copy?.recipient
  if (recipient === undefined || isRecipient(recipient)) return []
  const secret = recipient.toUpperCase().startsWith('AGE-SECRET-KEY-')
  const value = secret ? '(a secret key)' : recipient
  const expected = 'an age recipient: the public key, age1…, that age-keygen prints'
  return [{ path: '/backup/copy/recipient', value, expected }]
}
