import { hours, type Instant, rfc3339 } from '@infra-home/shared/clock.ts'
import type { BackupState, CopyProblem } from '@infra-home/shared/messages/backup.ts'
import type { CopyPlan, LocalBackup } from '../../jobs/backups.ts'
import { COPY_SUFFIX } from '../../jobs/copy/copy-suffix.ts'
import { type NodeWorld, type StateFact, statesOf } from '../../world/node.ts'
import { nodesOf, type World } from '../../world/world.ts'
import type { Table } from '../table/table.ts'
import { age, bytes, mark, orDash } from '../table/words.ts'
import { aged } from './ages.ts'

/** A new backup has this long to reach the other nodes before anything is said about it. */
const ON_ITS_WAY = hours(1)

/** What the backups are judged by. */
export type BackupFacts = {
  /** Newest first. */
  readonly kept: readonly LocalBackup[]
  readonly plan: CopyPlan | null
  /** Why there is no copy to fetch. */
  readonly failure: string | null
}

export const backupViews = ({ kept }: Pick<BackupFacts, 'kept'>, world: World, now: Instant) =>
  kept.map(({ file, bytes, at }) => ({
    file,
    at: rfc3339(at),
    ageMs: Math.max(0, now.wall - at),
    bytes,
    copiesOn: nodesOf(world)
      .filter((node) => heldBy(node).some(([id]) => id === file + COPY_SUFFIX))
      .map(({ name }) => name),
  }))
export type BackupView = ReturnType<typeof backupViews>[number]

/** How every node that should hold a copy, or still does, stands. */
export const copyViews = (facts: BackupFacts, world: World, now: Instant) => {
  const wanted = facts.plan?.to ?? []
  const others = nodesOf(world).filter(({ name }) => !wanted.includes(name))
  return [
    ...wanted.map((name) => copyView(name, facts, world, now)),
    ...others.filter((node) => heldBy(node).length > 0).map(({ name }) => leftOver(name, world, now)),
  ]
}
export type CopyView = {
  readonly node: string
  readonly state: 'current' | 'on-its-way' | 'failed' | 'old' | 'missing'
  readonly file: string | null
  readonly bytes: number | null
  readonly sha256: string | null
  readonly verifiedAt: string | null
  readonly verifiedAgeMs: number | null
  readonly problem: CopyProblem | null
  readonly detail: string | null
  readonly advice: string | null
}

type Fact = readonly [id: string, fact: StateFact<'backup'>]

/** The copies that a node holds, newest first. */
const heldBy = (node: NodeWorld | undefined): Fact[] =>
  node
    ? statesOf(node, 'backup')
        .filter(([, { body }]) => body.held)
        .reverse()
    : []

const copyView = (name: string, facts: BackupFacts, world: World, now: Instant): CopyView => {
  const node = world.nodes[name]
  const newest = facts.kept[0] ?? null
  const failing = node
    ? statesOf(node, 'backup').findLast(([, { body }]) => body.problem !== null)
    : undefined
  const held = heldBy(node)[0]
  const state = stateOf({ newest, held, failing, now })
  const problem = state === 'failed' ? (failing?.[1].body ?? null) : null
  return {
    ...heldView(node, held, now),
    node: name,
    state,
    problem: problem?.problem ?? null,
    detail: problem?.detail ?? null,
    advice: adviceFor(state, { name, node, problem, newest }),
  }
}

const stateOf = (seen: {
  readonly newest: LocalBackup | null
  readonly held: Fact | undefined
  readonly failing: Fact | undefined
  readonly now: Instant
}): CopyView['state'] => {
  const { newest, held, failing, now } = seen
  if (newest && held?.[0] === newest.file + COPY_SUFFIX) return 'current'
  if (failing) return 'failed'
  if (newest && now.wall - newest.at < ON_ITS_WAY) return 'on-its-way'
  return held ? 'old' : 'missing'
}

const heldView = (node: NodeWorld | undefined, held: Fact | undefined, now: Instant) => {
  const verified = node && held ? aged(node, held[1].changed, now) : null
  return {
    file: held?.[0] ?? null,
    bytes: held?.[1].body.bytes ?? null,
    sha256: held?.[1].body.sha256 ?? null,
    verifiedAt: verified?.at ?? null,
    verifiedAgeMs: verified?.ageMs ?? null,
  }
}

/** A copy on a node that is not to have one any more. */
const leftOver = (name: string, world: World, now: Instant): CopyView => {
  const node = world.nodes[name]
  const advice = `${name} is not in backup.copy.to any more: delete what lies in its backups folder, or name it again`
  const held = heldView(node, heldBy(node)[0], now)
  return { ...held, node: name, state: 'old', problem: null, detail: null, advice }
}

type About = {
  readonly name: string
  readonly node: NodeWorld | undefined
  readonly problem: BackupState | null
  readonly newest: LocalBackup | null
}

const adviceFor = (state: CopyView['state'], { name, node, problem, newest }: About): string | null => {
  if (state === 'current' || state === 'on-its-way') return null
  if (problem?.problem) return ADVICE[problem.problem](name)
  if (!newest) return 'make a backup: curl -X POST …/api/v1/backups'
  if (!node?.birth) return `start the agent of ${name}: it has never been heard`
  return node.presence === 'online'
    ? `look at the agent's log on ${name}: it did not fetch the newest copy`
    : `bring ${name} back: it is ${node.presence}`
}

const ADVICE: Readonly<Record<CopyProblem, (node: string) => string>> = {
  'no-room': (node) => `free space on the disk of ${node}`,
  unreachable: (node) =>
    `let ${node} reach the coordinator's HTTP port: set http.host to an address that it can reach`,
  refused: () =>
    "it is fetched again; after HTTP 421, add the broker's address, as the nodes know it, to http.allowedHosts",
  'wrong-length': (node) =>
    `it is fetched again; if this stays, look at what stands between ${node} and the coordinator`,
  'wrong-sha256': (node) => `it is fetched again; if this stays, look at the disk and the memory of ${node}`,
  disk: (node) => `look at the disk of ${node}`,
}

/** What is wrong with all copies at once. */
export const backupTroubles = ({ plan, failure }: BackupFacts): string[] => [
  ...(plan ? [] : ['the backups lie on this machine alone: name other nodes and a key in backup.copy']),
  ...(failure === null
    ? []
    : [`the newest backup could not be encrypted (${failure}): it is tried again with the next one`]),
]

export const backupsTable = (backups: readonly BackupView[]): Table => ({
  head: ['', 'BACKUP', 'AGE', 'SIZE', 'COPIES ON'],
  rows: backups.map((backup, i) => [
    mark(i === 0 && backup.copiesOn.length === 0 && backup.ageMs > ON_ITS_WAY),
    backup.file,
    age(backup.ageMs),
    bytes(backup.bytes),
    backup.copiesOn.join(', ') || '–',
  ]),
  whole: [1],
})

export const copiesTable = (copies: readonly CopyView[]): Table => ({
  head: ['', 'NODE', 'COPY', 'NEWEST THAT IT HOLDS', 'SIZE', 'VERIFIED'],
  rows: copies.map((copy) => [
    mark(copy.advice !== null),
    copy.node,
    copy.problem ?? copy.state,
    orDash(copy.file?.slice(0, -COPY_SUFFIX.length)),
    bytes(copy.bytes),
    copy.verifiedAgeMs === null ? '–' : `${age(copy.verifiedAgeMs)} ago`,
  ]),
  whole: [3],
})

/** What to do, a line each. */
export const copyAdvice = (copies: readonly CopyView[], troubles: readonly string[]): string[] => [
  ...troubles.map((trouble) => `! ${trouble}`),
  ...copies.flatMap(({ node, advice, detail }) =>
    advice === null ? [] : [`! ${node}: ${advice}${detail === null ? '' : ` (${detail})`}`],
  ),
]
