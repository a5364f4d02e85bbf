import { type CancelTimer, type Clock, seconds } from '@infra-home/shared/clock.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import type { Access } from './access.ts'
import { type Command, commandsFor, type Listing } from './reconcile.ts'

export const CONTROL_TOPIC = '$CONTROL/dynamic-security/v1'
export const CONTROL_ANSWERS = `${CONTROL_TOPIC}/response`

const PATIENCE = seconds(10)

type Answer = {
  readonly command?: string
  readonly correlationData?: string
  readonly error?: string
  readonly data?: unknown
}
type Waiting = {
  readonly resolve: (answers: readonly Answer[]) => void
  readonly reject: (error: Error) => void
  readonly cancel: CancelTimer
}

/** Drives Mosquitto's dynamic-security plugin over MQTT. Each answer names its question: one that comes too late answers no other. */
export type Control = {
  /** An answer of the plugin. */
  hear(payload: string): void
  /**
   * Makes the plugin's book what is wanted, and says how many commands that took.
   * @throws InfraError broker-failed when the plugin does not answer or refuses one
   */
  reconcile(wanted: Access): Promise<number>
  /** Ends every session of `name`; it may come back if it still counts. */
  cut(name: string): Promise<void>
  /** The connection is gone: nobody answers any more. */
  lost(): void
}

export const dynamicSecurity = (options: {
  readonly clock: Clock
  readonly publish: (topic: string, payload: string) => Promise<unknown>
}): Control => {
  const { clock, publish } = options
  const waiting = new Map<string, Waiting>()
  let asked = 0

  /** The question is over: nobody waits for it any more. */
  const take = (question: string): Waiting | undefined => {
    const entry = waiting.get(question)
    waiting.delete(question)
    entry?.cancel()
    return entry
  }

  const ask = (commands: readonly Command[]): Promise<readonly Answer[]> =>
    new Promise((resolve, reject) => {
      const question = String(++asked)
      const giveUp = (error: Error): void => take(question)?.reject(error)
      const silent = failed('the broker’s dynamic-security plugin does not answer')
      waiting.set(question, { resolve, reject, cancel: clock.after(PATIENCE, () => giveUp(silent)) })
      const named = commands.map((one) => ({ ...one, correlationData: question }))
      publish(CONTROL_TOPIC, JSON.stringify({ commands: named })).catch(giveUp)
    })

  const command = async (commands: readonly Command[]): Promise<readonly Answer[]> => {
    const answers = await ask(commands)
    const refused = answers.find(({ error }) => error !== undefined)
    if (refused)
      throw failed(
        `the broker’s dynamic-security plugin refused ${refused.command ?? 'a command'}: ${refused.error}`,
      )
    return answers
  }

  const list = async (): Promise<Listing> => {
    const answers = await command([
      { command: 'listRoles', verbose: true },
      { command: 'listClients', verbose: true },
    ])
    const data = Object.assign({}, ...answers.map((answer) => answer.data)) as Partial<Listing>
    return { roles: data.roles ?? [], clients: data.clients ?? [] }
  }

  return {
    hear(payload) {
      const answers = answersIn(payload)
      take(answers[0]?.correlationData ?? '')?.resolve(answers)
    },
    async reconcile(wanted) {
      const commands = commandsFor(await list(), wanted)
      if (commands.length > 0) await command(commands)
      return commands.length
    },
    async cut(name) {
      // Tried on 2.0.11: disabling ends the session; with certificates a disabled client could come back and speak.
      await command([
        { command: 'disableClient', username: name },
        { command: 'enableClient', username: name },
      ])
    },
    lost() {
      for (const question of waiting.keys())
        take(question)?.reject(failed('the connection to the broker was lost'))
    },
  }
}

/** What is not understood answers nothing: whoever asked hears silence. */
const answersIn = (payload: string): readonly Answer[] => {
  try {
    return (JSON.parse(payload) as { responses?: readonly Answer[] }).responses ?? []
  } catch {
    return []
  }
}

const failed = (message: string): InfraError => new InfraError('broker-failed', message)
