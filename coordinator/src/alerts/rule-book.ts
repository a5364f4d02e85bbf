import { isDeepStrictEqual } from 'node:util'
import { describeError } from '@infra-home/shared/errors.ts'
import type { Log } from '@infra-home/shared/log.ts'
import { formatProblem, type Problem } from '@infra-home/shared/problem.ts'
import type { Coordinator } from '../coordinator.ts'
import { noteSelf } from '../self/watch-self.ts'
import { readRules } from './read-rules.ts'

/** What is wrong with the file, and nothing was done; or whether there was anything to do. */
export type Reloaded = { readonly problems: readonly Problem[]; readonly isChanged: boolean }

export type RuleBook = {
  /** Where the owner's rules stand; null where the configuration names none. */
  readonly file: string | null
  /**
   * Reads them again. They come into force together and with a place in the journal, or the old ones stay.
   * @throws what the journal does when it cannot be written; the rules are in force all the same
   */
  reload(by: string): Promise<Reloaded>
  /** The same for whoever waits for no answer: what comes of it is in the log. Never rejects. */
  follow(by: string): Promise<void>
  /** Why the file does not count, in a sentence; null when it does. */
  fault(): string | null
}

/** So many problems are told in a sentence; the log has them all. */
const FIRST = 3

export const createRuleBook = (options: {
  readonly file: string | null
  /** Those of the plan; null where there is none. */
  readonly nodes?: readonly string[] | null
  readonly coordinator: Pick<Coordinator, 'world' | 'ask' | 'note' | 'wake'>
  readonly log: Log
}): RuleBook => {
  const { file, nodes = null, coordinator, log } = options
  const { world } = coordinator
  let fault: string | null = null

  const refuse = (problems: readonly Problem[]): Reloaded => {
    const lines = problems.map(formatProblem)
    const more = lines.length > FIRST ? `; and ${lines.length - FIRST} more` : ''
    fault = `${file} is refused, the rules of before stay: ${lines.slice(0, FIRST).join('; ')}${more}`
    log('error', 'the rules are refused, those of before stay', { file, problems: lines.join('; ') })
    noteSelf(coordinator, 'rules', fault)
    return { problems, isChanged: false }
  }

  const reload = async (by: string): Promise<Reloaded> => {
    const { rules, problems } = file === null ? { rules: [], problems: [] } : readRules(file, nodes)
    if (problems.length > 0) return refuse(problems)
    fault = null
    noteSelf(coordinator, 'rules', null)
    if (isDeepStrictEqual(rules, world.ownRules?.rules ?? [])) return { problems, isChanged: false }
    try {
      await coordinator.ask({ request: 'set-rules', rules, by })
    } finally {
      coordinator.wake()
    }
    log('info', 'the owner’s rules have changed', { file, rules: rules.length, by })
    return { problems, isChanged: true }
  }

  return {
    file,
    reload,
    async follow(by) {
      await reload(by).catch((error: unknown) =>
        log('error', 'the rules are in force and not written down', { error: describeError(error) }),
      )
    },
    fault: () => fault,
  }
}
