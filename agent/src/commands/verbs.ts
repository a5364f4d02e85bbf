import type { CmdMessage, Verb } from '@infra-home/shared/messages/cmd.ts'
import type { Refusal } from '@infra-home/shared/messages/res.ts'
import type { Outcome } from './refused.ts'

/** What a verb may need of the machine; an agent that lacks it says so in its birth. */
export type Right = 'network-admin' | 'tether'

/** What a command may make the agent do. */
export type VerbPorts = {
  /** Says again who we are and all that is so, and sends again what is missing of this session. */
  readonly rebirth: (missing: readonly (readonly [from: number, to: number])[]) => void
  /** Moves traffic to another uplink; why not, when it does not. */
  readonly switchUplink: (command: string, args: CmdMessage['args']) => Promise<Refusal | null>
  /** Lends this phone's network to the house, or puts it away; why not, when it does not. */
  readonly tether: (command: string, args: CmdMessage['args']) => Promise<Refusal | null>
  /** Sends a text to a telephone; why not, when it does not. */
  readonly sendSms: (command: string, args: CmdMessage['args']) => Promise<Outcome>
}

type VerbOf = {
  readonly needs: readonly Right[]
  /** Resolves when it is done: with null, or with why it could not be. */
  readonly run: (command: CmdMessage, ports: VerbPorts) => Promise<Outcome>
}

/** Every verb has its doing and its needs, or this does not compile. */
export const VERBS: { readonly [V in Verb]: VerbOf } = {
  rebirth: {
    needs: [],
    async run({ args }, ports) {
      ports.rebirth(rangesOf(args['missing']))
      return null
    },
  },
  'switch-uplink': {
    needs: ['network-admin'],
    run: ({ id, args }, ports) => ports.switchUplink(id, args),
  },
  tether: {
    needs: ['tether'],
    run: ({ id, args }, ports) => ports.tether(id, args),
  },
  'send-sms': {
    needs: [], // of the kernel: its owner's leave is in the agent's configuration
    run: ({ id, args }, ports) => ports.sendSms(id, args),
  },
}

/** What of its needs each verb lacks on a machine with `rights`. Pure. */
export const lackOf = (verb: Verb, rights: readonly Right[]): Right[] =>
  VERBS[verb].needs.filter((right) => !rights.includes(right))

const rangesOf = (value: unknown): (readonly [number, number])[] =>
  Array.isArray(value)
    ? value.filter(
        (r): r is [number, number] => Array.isArray(r) && r.length === 2 && r.every(Number.isSafeInteger),
      )
    : []
