import { AckMessage } from '@infra-home/shared/messages/ack.ts'
import { CmdMessage } from '@infra-home/shared/messages/cmd.ts'
import { CoordinatorStateMessage } from '@infra-home/shared/messages/coordinator-state.ts'
import { LeaseMessage } from '@infra-home/shared/messages/lease.ts'
import { isWishKind, wantMessage, type WantMessage, type WishKind } from '@infra-home/shared/messages/want.ts'
import { checker, formatProblem, type Problem } from '@infra-home/shared/problem.ts'
import { withoutMac } from '@infra-home/shared/seal/mac.ts'
import { coordinatorStateTopic, parseTopic } from '@infra-home/shared/topics.ts'

/** What the coordinator may say to a node. */
export type Inbound =
  | { readonly kind: 'ack'; readonly message: AckMessage }
  | { readonly kind: 'cmd'; readonly message: CmdMessage }
  | { readonly kind: 'lease'; readonly message: LeaseMessage }
  | { readonly kind: 'want'; readonly wish: WishKind; readonly message: WantMessage }
  | { readonly kind: 'coordinator'; readonly message: CoordinatorStateMessage }
  /** Not to be understood; `id` names the command if it has one. */
  | {
      readonly kind: 'malformed'
      readonly topic: string
      readonly id: string | null
      readonly problem: string
    }

const MOST_BYTES = 262_144

/** Reads what arrived for `node`: strict about what we know, permissive about what we don't. Never throws. */
export const createInbound = (node: string): ((topic: string, payload: Uint8Array) => Inbound) => {
  const checks = {
    ack: checker(AckMessage),
    cmd: checker(CmdMessage),
    lease: checker(LeaseMessage),
    coordinator: checker(CoordinatorStateMessage),
  }
  const wishChecks = new Map<WishKind, (value: unknown) => Problem[]>()
  /** Made when the first wish of its kind comes: most agents never hear most kinds. */
  const checkOf = (wish: WishKind): ((value: unknown) => Problem[]) => {
    const check = wishChecks.get(wish) ?? checker(wantMessage(wish))
    wishChecks.set(wish, check)
    return check
  }
  return (topic, payload) => {
    const malformed = (problem: string, id: string | null = null): Inbound => ({
      kind: 'malformed',
      topic,
      id,
      problem,
    })
    if (payload.length > MOST_BYTES) return malformed(`${payload.length} bytes`)
    const value = parse(payload)
    if (value === undefined) return malformed('not JSON')
    const read = <T>(check: (value: unknown) => Problem[], make: (message: T) => Inbound): Inbound => {
      const [problem] = check(value)
      return problem ? malformed(formatProblem(problem), idOf(value)) : make(value as T)
    }
    if (topic === coordinatorStateTopic)
      return read(checks.coordinator, (message: CoordinatorStateMessage) => ({
        kind: 'coordinator',
        message,
      }))
    const parsed = parseTopic(topic)
    if (parsed?.node !== node) return malformed('not for this node')
    if (parsed.kind === 'ack') return read(checks.ack, (message: AckMessage) => ({ kind: 'ack', message }))
    if (parsed.kind === 'cmd') return read(checks.cmd, (message: CmdMessage) => ({ kind: 'cmd', message }))
    if (parsed.kind === 'lease')
      return read(checks.lease, (message: LeaseMessage) => ({ kind: 'lease', message }))
    if (parsed.kind !== 'want' || !isWishKind(parsed.wish)) return malformed('unknown kind')
    const { wish } = parsed
    return read(checkOf(wish), (message: WantMessage) => ({ kind: 'want', wish, message }))
  }
}

const parse = (payload: Uint8Array): unknown => {
  try {
    return JSON.parse(withoutMac(new TextDecoder().decode(payload)))
  } catch {
    return undefined // said as malformed by the caller
  }
}

const idOf = (value: unknown): string | null => {
  const id = (value as { id?: unknown } | null)?.id
  return typeof id === 'string' ? id.slice(0, 64) : null
}
