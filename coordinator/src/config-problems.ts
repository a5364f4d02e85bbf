import { accessSync, constants } from 'node:fs'
import { isIP } from 'node:net'
import { validate } from 'node-cron'
import type { Problem } from '@infra-home/shared/problem.ts'
import type { Topology } from '@infra-home/shared/topology/schema.ts'
import type { CoordinatorConfig } from './config-schema.ts'
import { plannedNodes } from './world/world.ts'

type Found = Problem | null
const present = (found: readonly Found[]): Problem[] => found.filter((problem) => problem !== null)

/** Times that no clock shows. */
export const timeProblems = ({ digestAt, weeklyDigestAt, backup }: CoordinatorConfig): Problem[] => {
  const wrong = (path: string, value: string | undefined): Found =>
    value === undefined || (value.trim().split(/\s+/).length === 5 && validate(value))
      ? null
      : { path, value, expected: 'five cron fields: minute hour day month weekday, such as 40 3 * * *' }
  return present([
    wrong('/digestAt', digestAt),
    wrong('/weeklyDigestAt', weeklyDigestAt),
    wrong('/backup/at', backup?.at),
  ])
}

/** Networks that are none. */
export const networkProblems = ({ http }: CoordinatorConfig): Problem[] =>
  present(
    (http?.readNetworks ?? []).map((value, i) => {
      const [base = '', prefix] = value.split('/')
      const most = { 0: -1, 4: 32, 6: 128 }[isIP(base)] ?? -1
      if (Number(prefix) <= most) return null
      const expected = 'a network as address/prefix, such as 10.10.0.0/24 or fd00::/64'
      return { path: `/http/readNetworks/${i}`, value, expected }
    }),
  )

/**
 * Files that we shall need and cannot read.
 * @param from makes a path of the configuration absolute
 */
export const fileProblems = (
  { broker, deadMan, http }: CoordinatorConfig,
  from: (path: string) => string,
): Problem[] => {
  const wrong = (path: string, value: string | undefined): Found =>
    value === undefined || isReadable(from(value))
      ? null
      : { path, value, expected: 'a file that can be read' }
  return present([
    wrong('/deadMan/urlFile', deadMan?.urlFile),
    wrong('/http/tls/certFile', http?.tls?.certFile),
    wrong('/http/tls/keyFile', http?.tls?.keyFile),
    wrong('/broker/passwordFile', broker?.kind === 'external' ? broker.passwordFile : undefined),
  ])
}

/** Nodes to keep copies of the backups that the plan does not know. */
export const copyNodeProblems = ({ backup }: CoordinatorConfig, topology: Topology | null): Problem[] => {
  const planned = plannedNodes(topology)
  const expected = `a node of the topology: one of ${planned.join(', ')}`
  return (backup?.copy?.to ?? []).flatMap((value, i) =>
    topology === null || planned.includes(value) ? [] : [{ path: `/backup/copy/to/${i}`, value, expected }],
  )
}

/** Nodes to send short messages that the plan does not know. */
export const channelNodeProblems = (
  { channels = [] }: CoordinatorConfig,
  topology: Topology | null,
): Problem[] => {
  const planned = plannedNodes(topology)
  const expected = `a node of the topology: one of ${planned.join(', ')}`
  return channels.flatMap((channel, i) => {
    const value = 'node' in channel ? channel.node : undefined
    const isKnown = typeof value !== 'string' || topology === null || planned.includes(value)
    return isKnown ? [] : [{ path: `/channels/${i}/node`, value, expected }]
  })
}

const isReadable = (file: string): boolean => {
  try {
    accessSync(file, constants.R_OK)
    return true
  } catch {
    return false
  }
}
