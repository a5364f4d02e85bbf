import { isDeepStrictEqual } from 'node:util'
import type { Entry } from '@infra-home/coordinator/world/input.ts'

/** Something that was done to the home, and which entry the journal had reached then. */
export type Note = { readonly after: number; readonly text: string }

/** The journal as a person would want to read it: what was done, what nodes told that was new, what was decided and why. */
export const storyOf = (journal: readonly Entry[], notes: readonly Note[]): string => {
  const clockOf = clockOfDay(journal[0]?.at.slice(0, 10) ?? '')
  const tell = teller(clockOf)
  const left = [...notes]
  const lines: string[] = []
  for (const entry of journal) {
    while (left[0] && left[0].after < entry.pos) lines.push(left.shift()?.text ?? '')
    const said = tell(entry)
    if (said !== null) lines.push(`${clockOf(entry.at)} ${said}`)
  }
  return [...lines, ...left.map(({ text }) => text), ''].join('\n')
}

/** The journal's own time; with its date when its clock is a day off. */
const clockOfDay =
  (day: string): ClockOf =>
  (at) =>
    at.startsWith(day) ? at.slice(11, 19) : at.slice(5, 19)

type ClockOf = (at: string) => string

/** What a router tells beside what people want to read. */
const BYWORDS: ReadonlySet<string> = new Set(['verdicts', 'provenMono', 'silence', 'routes', 'rules'])

type Message = Extract<Entry, { kind: 'message' }>
type Decided = Extract<Entry, { kind: 'decision' }>['body']

const teller = (clockOf: ClockOf): ((entry: Entry) => string | null) => {
  const known = new Map<string, unknown>()
  const sessions = new Map<string, number[]>()

  /** The how-manieth session of its node it is. */
  const ordinal = (node: string, session: number): number => {
    const seen = sessions.get(node) ?? []
    sessions.set(node, seen)
    if (!seen.includes(session)) seen.push(session)
    return seen.indexOf(session) + 1
  }

  /** A state's words when they are others than before; the first ones are no news. */
  const news = (key: string, body: unknown): string | null => {
    const old = known.get(key)
    known.set(key, body)
    if (old === undefined || isDeepStrictEqual(old, body)) return null
    if (body === null) return 'is gone'
    const changed = Object.entries(body as object)
      .filter(([name, value]) => !isDeepStrictEqual((old as Record<string, unknown> | null)?.[name], value))
      .filter(([name]) => !BYWORDS.has(name))
      .map(([name, value]) => `${name} ${JSON.stringify(value)}`)
    return changed.length === 0 ? null : changed.join(', ')
  }

  const heard = ({ node, body: { said } }: Message): string | null => {
    const { message } = said
    switch (said.kind) {
      case '$state':
        return `${node} says ${said.message.state} (session ${ordinal(message.node, message.session)}, connection ${said.message.connection})`
      case '$birth': {
        const { states, owed } = said.message
        const from = owed.map((run) => `${ordinal(message.node, run.session)}/${run.from}`).join(', ')
        return `${node} is born in session ${ordinal(message.node, message.session)} with ${states.length} states, owes from ${from}`
      }
      case 'state': {
        const what = news(`${node}/${said.state}/${said.id}`, said.message.body)
        return what === null ? null : `${node} ${said.state} ${said.id}: ${what}`
      }
      case 'event':
        return `${node} event ${said.event}: ${JSON.stringify(said.message.body)}`
      case 'res':
        return `${node} answers ${said.message.outcome} (${said.message.reason})`
      case 'have':
        return null
    }
  }

  return (entry) => {
    switch (entry.kind) {
      case 'message': {
        const said = heard(entry)
        return said === null
          ? null
          : `${said}${late(entry, clockOf)}${entry.body.retained ? ' (retained)' : ''}`
      }
      case 'decision':
        return decided(entry.body)
      case 'step-finished': {
        const { outcome } = entry.body
        return outcome.ok ? '  → done' : `  → failed: ${outcome.error}`
      }
      case 'system':
        return `the coordinator: ${systemWords(entry.body)} (epoch ${entry.epoch})`
      default:
        return null
    }
  }
}

const late = ({ at, body: { seen } }: Message, clockOf: ClockOf): string =>
  Math.abs(Date.parse(at) - seen.wall) < 5000 ? '' : ` [of ${clockOf(new Date(seen.wall).toISOString())}]`

const systemWords = (body: Extract<Entry, { kind: 'system' }>['body']): string =>
  body.event === 'self' ? `its ${body.part}: ${body.detail ?? 'fine'}` : body.event

const decided = (body: Decided): string => {
  switch (body.policy) {
    case 'presence':
      return `! ${body.node} ${body.from} → ${body.to} (${body.reason})`
    case 'alerts':
      return `! ${body.key} ${body.reason} (${body.cause}): ${body.text}`
    case 'deliveries':
      return `! tell ${body.channel} (${body.reason}, ${body.steps.flatMap((s) => (s.kind === 'notify' ? s.deliveries : [])).length})`
    case 'wan':
      return `! traffic ${body.from} → ${body.to} (${body.reason})`
    case 'tether':
      return `! ${body.node} ${body.uplink} ${body.stage} (${body.reason})`
    case 'rebirth':
      return `! ask ${body.node} to say it again (${body.reason})`
  }
}
