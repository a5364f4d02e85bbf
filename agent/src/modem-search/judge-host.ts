import { seconds } from '@infra-home/shared/clock.ts'
import { describeError, isInfraError } from '@infra-home/shared/errors.ts'
import type { ModemDriver } from '../modems/modem.ts'
import type { Likeness } from '../modems/recognition.ts'
import type { HttpAnswer, HttpClient } from '../sys/sys.ts'

/** What was found at a place. */
export type Finding = Likeness & {
  /** An address, a device file, a program. */
  readonly where: string
  /** False where there was no answer at all. */
  readonly answered: boolean
  /** null: no modem that any driver knows. */
  readonly driver: string | null
  /** The driver's part of the configuration. */
  readonly config: Readonly<Record<string, unknown>>
}

export type AskHost = {
  readonly http: HttpClient
  /** Waits for a host's turn to be asked. */
  readonly turn: (host: string) => Promise<void>
}

const PATIENCE = seconds(4)
const MOST_BYTES = 524_288

/**
 * Which driver a host is for: one `GET /`, whose answer every driver judges, and where none is sure, what the likely ones ask, one
 * by one. Nothing but the path and the page it seems asked from is a driver's to say: no cookie, no credentials, no other
 * method.
 */
export const judgeHost = async (
  ask: AskHost,
  drivers: readonly ModemDriver<never>[],
  host: string,
): Promise<Finding> => {
  const page = await get(ask, host, { path: '/' })
  if (typeof page === 'string') return { ...nothing(host, `does not answer: ${page}`), answered: false }
  const likely = drivers.flatMap((driver) => {
    const likeness = driver.recognition?.page?.(page)
    return likeness ? [{ driver, likeness }] : []
  })
  const known = likely.find(({ likeness }) => likeness.sure)
  if (known) return found(host, known.driver, known.likeness)
  for (const { driver } of likely) {
    const { question } = driver.recognition ?? {}
    const answer = question && (await get(ask, host, question))
    const likeness = typeof answer === 'object' ? question?.judge(answer) : null
    if (likeness?.sure) return found(host, driver, likeness)
  }
  const [first] = likely
  if (first) return found(host, first.driver, first.likeness)
  return nothing(host, 'answers, but as no modem that is known here')
}

const found = (host: string, { name }: ModemDriver<never>, likeness: Likeness): Finding => ({
  ...likeness,
  where: host,
  answered: true,
  driver: name,
  config: { address: host },
})

const nothing = (where: string, why: string): Finding => ({
  where,
  answered: true,
  driver: null,
  sure: false,
  why,
  config: {},
})

type Question = { readonly path: string; readonly referer?: string }

/** The answer, or why there is none. */
const get = async (
  { http, turn }: AskHost,
  host: string,
  question: Question,
): Promise<HttpAnswer | string> => {
  const { path, referer } = question
  await turn(host)
  try {
    return await http({
      method: 'GET',
      url: `http://${host}${path}`,
      headers: referer === undefined ? {} : { referer: `http://${host}${referer}` },
      timeout: PATIENCE,
      maxBytes: MOST_BYTES,
    })
  } catch (error) {
    if (isInfraError(error)) return describeError(error)
    throw error
  }
}
