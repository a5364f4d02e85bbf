import type { CmdMessage, Verb } from '@infra-home/shared/messages/cmd.ts'

/** What a command may make the agent do. */
export type VerbPorts = {
  /** Says again who we are and all that is so, and sends again what is missing of this session. */
  readonly rebirth: (missing: readonly (readonly [from: number, to: number])[]) => void
}

/** Every verb has its doing, or this does not compile. */
export const VERBS: { readonly [V in Verb]: (command: CmdMessage, ports: VerbPorts) => void } = {
  rebirth: ({ args }, ports) => ports.rebirth(rangesOf(args['missing'])),
}

const rangesOf = (value: unknown): (readonly [number, number])[] =>
  Array.isArray(value)
    ? value.filter(
        (r): r is [number, number] => Array.isArray(r) && r.length === 2 && r.every(Number.isSafeInteger),
      )
    : []
