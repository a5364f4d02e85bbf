import { type Clock, later, type MonoMs, seconds } from '@infra-home/shared/clock.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import type { ShortMessage } from '../../modems/modem.ts'
import type { HttpAnswer, HttpClient, HttpRequest } from '../sys.ts'
import { headerOf } from './hilink-sessions.ts'
import { type ModemBox, modemBox } from './modem-box.ts'
import { netgearForms } from './netgear-forms.ts'
import { netgearPage } from './netgear-page.ts'
import { netgearSessions, redirect, type SimulatedNetgearSession } from './netgear-sessions.ts'

export type SimulatedNetgearOptions = {
  readonly clock: Clock
  readonly password?: string
  /** Of its SIM card; 1234 unless told. */
  readonly pin?: string
  /** LB and LM have /model.json, M1 to M6 /api/model.json and want a referer. */
  readonly line?: 'LB' | 'M'
  /** Shows a guest nothing of the radio. */
  readonly hidesFromGuests?: boolean
}

export type SimulatedNetgear = Omit<ModemBox, 'answer' | 'asked'> & {
  readonly handle: HttpClient
  expireSessions(): void
  /** Whether the network takes short messages. */
  setSmsTaken(taken: boolean): void
  asked(): {
    readonly paths: readonly string[]
    readonly tries: number
    readonly logins: number
    readonly sentSms: readonly ShortMessage[]
    readonly pins: { readonly given: number; readonly left: number }
  }
}

const BOOT = seconds(20)

/** A Netgear device with model.json: sessions by redirect, a token to each, one administrator's password. */
export const simulatedNetgear = (options: SimulatedNetgearOptions): SimulatedNetgear => {
  const { clock, line = 'LB', pin = '1234' } = options
  const box = modemBox(clock, { gone: 'http-failed', silent: 'http-timeout' })
  const sessions = netgearSessions(options.password ?? 'right')
  let upAt: MonoMs | null = null
  const reboot = (): void => {
    sessions.clear()
    upAt = later(clock.now().mono, BOOT)
  }
  const forms = netgearForms({ clock, box, pin, line, reboot })
  const paths: string[] = []

  const post = (path: string, request: HttpRequest): HttpAnswer => {
    const form = new URLSearchParams(request.body ?? '')
    const session = sessions.of(request)
    if (!session || form.get('token') !== session.token) return redirect('/error.json')
    const given = form.get('session.password')
    if (given !== null) return sessions.login(session, given)
    const fault = session.isAdmin ? forms.fill(path, form) : [...form.keys()][0]
    return redirect(fault === null ? '/success.json' : `/error.json?errno=1&errdetail=${fault}`)
  }

  const model = ({ isAdmin, token }: SimulatedNetgearSession): HttpAnswer => {
    const hidden = options.hidesFromGuests === true && !isAdmin
    const [connection, messages] = [forms.connection(), forms.messages()]
    const pinTries = forms.pins().left
    const body = netgearPage({ world: box.world(), isAdmin, token, hidden, connection, pinTries, messages })
    return { status: 200, headers: { 'content-type': 'application/json' }, body }
  }

  const answerTo = (request: HttpRequest): HttpAnswer => {
    const { pathname, searchParams } = new URL(request.url)
    if (request.method === 'POST') return post(pathname, request)
    if (pathname === '/sess_cd_tmp') return sessions.open(searchParams.get('op') ?? '/')
    const session = sessions.of(request)
    if (!session) return redirect(`/sess_cd_tmp?op=${encodeURIComponent(pathname)}&oq=`)
    const isModel = pathname === (line === 'LB' ? '/model.json' : '/api/model.json')
    return isModel && (line === 'LB' || headerOf(request, 'referer') !== null) ? model(session) : NOT_FOUND
  }

  return {
    ...box,
    async handle(request) {
      const path = new URL(request.url).pathname
      if (paths.push(path) > 10_000) paths.shift()
      if (upAt !== null && clock.now().mono < upAt)
        throw new InfraError('http-failed', 'connection refused', { context: { unsent: true } })
      const answer = answerTo(request)
      return { ...answer, body: await box.answer(path, request.timeout, () => answer.body) }
    },
    expireSessions: sessions.clear,
    setSmsTaken: forms.setSmsTaken,
    asked: () => ({ paths: [...paths], ...sessions.counts(), sentSms: forms.sentSms(), pins: forms.pins() }),
  }
}

const NOT_FOUND: HttpAnswer = { status: 404, headers: {}, body: '<html><body>not found</body></html>' }
