import {
  type CancelTimer,
  type Clock,
  type DurationMs,
  milliseconds,
  minutes,
  seconds,
} from '@infra-home/shared/clock.ts'
import { isInfraError } from '@infra-home/shared/errors.ts'
import { webPage } from '../alerts/sending/http-parts.ts'
import type { HttpRequest } from '../alerts/sending/http-request.ts'
import type { Coordinator } from '../coordinator.ts'
import { isOn } from '../world/alert.ts'
import { noteSelf } from './watch-self.ts'

const LIMIT = seconds(20)
/** One that got lost is made up for at once; a server that is down is not asked every minute over a line that is paid for. */
const FIRST_RETRY = minutes(1)

/**
 * Tells a watcher outside that this home lives, so that somebody there raises an alarm when it no longer does, as the services of the kind of
 * healthchecks.io do. The address is a secret: whoever knows it can say so too.
 */
export const startDeadMan = ({
  clock,
  coordinator,
  http,
  url,
  period,
}: {
  readonly clock: Clock
  readonly coordinator: Pick<Coordinator, 'world' | 'note' | 'readiness'>
  readonly http: HttpRequest
  readonly url: string
  readonly period: DurationMs
}): CancelTimer => {
  let cancel: CancelTimer | null = () => {}
  const tell = async (failures: number): Promise<void> => {
    const fault = await faultOf(url, http, bodyOf(coordinator))
    if (cancel === null) return
    noteSelf(coordinator, 'dead-man', fault)
    const [wait, failed] = fault === null ? [period, 0] : [retryAfter(failures, period), failures + 1]
    cancel = clock.after(wait, () => void tell(failed))
  }
  void tell(0)
  return () => {
    cancel?.()
    cancel = null
  }
}

/** The wait doubles until it is the usual one. */
const retryAfter = (failures: number, period: DurationMs): DurationMs =>
  milliseconds(Math.min(period, FIRST_RETRY * 2 ** failures))

const bodyOf = ({ world, readiness }: Pick<Coordinator, 'world' | 'readiness'>): string =>
  JSON.stringify({
    site: world.site,
    ready: readiness().ready,
    alertsOn: Object.values(world.alerts).filter(isOn).length,
  })

/** What went wrong, in a sentence that does not give the address away; null when the watcher has heard us. */
const faultOf = async (url: string, http: HttpRequest, body: string): Promise<string | null> => {
  const { host } = new URL(url)
  const headers = { 'content-type': 'application/json' }
  try {
    const answer = await http({ method: 'POST', url, headers, body }, LIMIT)
    const { status } = answer
    if (status < 200 || status >= 300) return `${host} answers HTTP ${status} to the sign of life`
    const stranger = webPage(answer) // as of an operator whose plan is used up
    return stranger && `${stranger} answers the sign of life in place of ${host}`
  } catch (error) {
    if (!isInfraError(error)) throw error
    return `${host} does not hear our sign of life (${error.code})`
  }
}
