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
 * Files that we shall need and cannot read, or that hold something else. What they hold is not shown.
 * @param contentOf the text of a file that the configuration names, null when it cannot be read
 */
export const fileProblems = (
  { broker, deadMan, http }: CoordinatorConfig,
  contentOf: (path: string) => string | null,
): Problem[] => {
  const wrong = (path: string, value: string | undefined): Found =>
    value === undefined || contentOf(value) !== null
      ? null
      : { path, value, expected: 'a file that can be read' }
  const urlFile = deadMan?.urlFile
  return present([
    wrong('/deadMan/urlFile', urlFile) ?? addressProblem('/deadMan/urlFile', urlFile, contentOf),
    wrong('/http/tls/certFile', http?.tls?.certFile),
    wrong('/http/tls/keyFile', http?.tls?.keyFile),
    wrong('/broker/passwordFile', broker?.kind === 'external' ? broker.passwordFile : undefined),
  ])
}

const addressProblem = (
  path: string,
  value: string | undefined,
  contentOf: (path: string) => string | null,
): Found => {
  const text = value === undefined ? undefined : contentOf(value)?.trim()
  return text === undefined || (/^https?:\/\//.test(text) && URL.canParse(text))
    ? null
    : { path, value, expected: 'a file that holds an http:// or https:// address' }
}

/** Nodes to keep copies of the backups that the plan does not know. */
export const copyNodeProblems = ({ backup }: CoordinatorConfig, topology: Topology | null): Problem[] => {
  const planned = plannedNodes(topology)
  const expected = `a node of the topology: one of ${planned.join(', ')}`
  return (backup?.copy?.to ?? []).flatMap((value, i) =>
    topology === null || planned.includes(value) ? [] : [{ path: `/backup/copy/to/${i}`, value, expected }],
  )
}

/** Nodes to send short messages that the plan does not know, and modems that it does not give them. */
export const channelNodeProblems = (
  { channels = [] }: CoordinatorConfig,
  topology: Topology | null,
): Problem[] => {
  if (topology === null) return []
  const planned = plannedNodes(topology)
  return channels.flatMap((channel, i) => {
    const { node, modem } = channel as { readonly node?: unknown; readonly modem?: unknown }
    if (typeof node !== 'string') return []
    if (!planned.includes(node)) {
      const expected = `a node of the topology: one of ${planned.join(', ')}`
      return [{ path: `/channels/${i}/node`, value: node, expected }]
    }
    const modems = topology.modems.filter(({ host }) => host === node).map(({ id }) => id)
    // A plan that names no modem of a node says nothing of them: its agent may have found them.
    if (typeof modem !== 'string' || modems.length === 0 || modems.includes(modem)) return []
    const expected = `a modem of ${node} in the topology: one of ${modems.join(', ')}`
    return [{ path: `/channels/${i}/modem`, value: modem, expected }]
  })
}
