import type { AgentOptions } from './agent-options.ts'
import type { Right } from './commands/verbs.ts'
import { NO_TETHER, openTether, type Tether } from './phone/tether.ts'
import { openShortMessages, type ShortMessages } from './short-messages.ts'
import { openWan, type Wan, type WanOptions } from './wan/open-wan.ts'

/** What an agent does beside looking: a router's work, a phone's network for others, texts to people. */
export type Doers = {
  readonly wan: Wan
  readonly tether: Tether
  readonly shortMessages: ShortMessages
  /** What of it needs more than everybody has, and this agent has. */
  readonly rights: readonly Right[]
  /** What this agent can do, for its birth. */
  readonly capabilities: readonly string[]
}

export const openDoers = async (
  options: AgentOptions,
  means: Pick<WanOptions, 'session' | 'publisher' | 'rights' | 'hurryModem'>,
): Promise<Doers> => {
  const { sys, log, mode, canTether, collectors } = options
  const modems = new Map(options.modems.map(({ id, modem }) => [id, modem]))
  const shortMessages = await openShortMessages({ ...sys, modems, allowance: options.sms, log })
  const lends = canTether && mode === 'full'
  return {
    wan: openWan({ ...options, ...means, random: options.jitter, modems }),
    tether: lends ? openTether({ clock: sys.clock, sys, publisher: means.publisher, log }) : NO_TETHER,
    shortMessages,
    rights: mode === 'full' ? [...means.rights, ...(lends ? (['tether'] as const) : [])] : [],
    capabilities: [...collectors.map(({ name }) => name), ...shortMessages.capabilities],
  }
}
