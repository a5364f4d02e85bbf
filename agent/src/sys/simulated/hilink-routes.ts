import type { HttpAnswer, HttpRequest } from '../sys.ts'
import type { HilinkAccount } from './hilink-account.ts'
import type { HilinkKey } from './hilink-key.ts'
import type { HilinkSim } from './hilink-sim.ts'
import type { HilinkSms } from './hilink-sms.ts'
import { HTML_PAGE } from './distortion.ts'
import { type Element, errorXml, hilinkPage, okXml, renderXml } from './hilink-pages.ts'
import type { ModemWorld } from './modem-world.ts'
import { headerOf, type HilinkSessions, type SimulatedHilinkSession } from './hilink-sessions.ts'

/** Where a firmware hands out its first token, and how it hands out the next ones. */
export type HilinkFirmware = {
  readonly tokens: 'page' | 'token' | 'ses-tok-info' | 'none'
  readonly rotation: 'single' | 'one-two' | 'list'
  /** Wants a PIN encrypted. */
  readonly encrypts?: boolean
}

export type Route = { readonly path: string; readonly request: HttpRequest }
/** The inside of the device, as its routes see it. */
export type HilinkInside = {
  readonly firmware: HilinkFirmware
  readonly sessions: HilinkSessions
  readonly account: HilinkAccount
  readonly sim: HilinkSim
  readonly sms: HilinkSms
  readonly key: HilinkKey
  world(): ModemWorld
  isBusy(): boolean
  order(elements: readonly Element[]): readonly Element[]
  restart(): void
  switchData(on: boolean): void
  unlock(): void
}

/** What the device answers to one request. */
export const answerOf = (device: HilinkInside, route: Route): HttpAnswer => {
  if (route.path === '/') return homePage(device, route.request)
  if (!route.path.startsWith('/api/')) return { status: 404, headers: {}, body: HTML_PAGE }
  const api = { ...route, path: route.path.slice('/api/'.length) }
  if (api.path === 'webserver/SesTokInfo') return xml(sesTokInfo(device, api.request))
  if (api.path === 'webserver/token') return xml(firstToken(device, api.request))
  if (device.firmware.tokens === 'none') return withoutSession(device, api)
  const session = device.sessions.of(api.request)
  if (!session) return xml(errorXml(125_002))
  return api.request.method === 'POST' ? post(device, api, session) : get(device, api, session)
}

const xml = (body: string, headers: HttpAnswer['headers'] = {}): HttpAnswer => ({
  status: 200,
  headers: { 'content-type': 'text/xml', ...headers },
  body,
})

const homePage = ({ firmware, sessions }: HilinkInside, request: HttpRequest): HttpAnswer => {
  if (firmware.tokens !== 'page' && firmware.tokens !== 'token')
    return { status: 200, headers: {}, body: HTML_PAGE }
  const session = sessions.of(request) ?? sessions.create()
  const tokens = firmware.tokens === 'page' ? [sessions.issue(session), sessions.issue(session)] : []
  const metas = tokens.map((token) => `<meta name="csrf_token" content="${token}"/>`).join('\n')
  const headers = { 'set-cookie': [`SessionID=${session.id};path=/;HttpOnly;`] }
  return { status: 200, headers, body: HTML_PAGE.replace('<head>', `<head>${metas}`) }
}

const sesTokInfo = ({ firmware, sessions }: HilinkInside, request: HttpRequest): string => {
  if (firmware.tokens !== 'ses-tok-info') return errorXml(100_002)
  const session = sessions.of(request) ?? sessions.create()
  return renderXml('response', [
    ['SesInfo', `SessionID=${session.id}`],
    ['TokInfo', sessions.issue(session)],
  ])
}

const firstToken = ({ firmware, sessions }: HilinkInside, request: HttpRequest): string => {
  if (firmware.tokens !== 'token') return errorXml(100_002)
  const session = sessions.of(request)
  return session ? renderXml('response', [['token', longToken(sessions.issue(session))]]) : errorXml(125_002)
}

/** As firmwares with a SCRAM login say it: the token is the second half. */
const longToken = (token: string): string => `${'0'.repeat(32)}${token}`

const get = (device: HilinkInside, route: Route, session: SimulatedHilinkSession): HttpAnswer => {
  const token = headerOf(route.request, '__RequestVerificationToken')
  if (token !== null && !session.tokens.includes(token)) return xml(errorXml(125_003))
  if (device.isBusy()) return xml(errorXml(100_004))
  if (device.account.protects(route.path) && !session.loggedIn) return xml(errorXml(100_003))
  if (route.path === 'user/state-login') return xml(device.account.stateXml(session))
  return page(device, route.path)
}

const page = (device: HilinkInside, path: string): HttpAnswer => {
  if (path === 'sms/send-status') return xml(device.sms.statusXml())
  const elements = elementsOf(device, path)
  return xml(elements ? renderXml('response', device.order(elements)) : errorXml(100_002))
}

const elementsOf = ({ firmware, key, sim, world }: HilinkInside, path: string): readonly Element[] | null => {
  if (path === 'pin/status') return sim.page(world().sim)
  if (path === 'webserver/publickey') return firmware.encrypts ? key.page() : null
  return hilinkPage(path, world())
}

const post = (device: HilinkInside, route: Route, session: SimulatedHilinkSession): HttpAnswer => {
  const token = headerOf(route.request, '__RequestVerificationToken') ?? ''
  if (!device.sessions.spend(session, token)) return xml(errorXml(token === '' ? 125_001 : 125_003))
  const headers = nextTokens(device, session)
  if (device.isBusy()) return xml(errorXml(100_004), headers)
  if (device.account.protects(route.path) && !session.loggedIn) return xml(errorXml(100_003), headers)
  return xml(act(device, route, { session, token }), headers)
}

type Caller = { readonly session: SimulatedHilinkSession; readonly token: string }

const act = (device: HilinkInside, { path, request }: Route, { session, token }: Caller): string => {
  const { body = '' } = request
  switch (path) {
    case 'user/login':
      return device.account.loginXml(session, body, token)
    case 'user/challenge_login':
      return device.account.challengeXml(session, body)
    case 'user/authentication_login':
      return device.account.proofXml(session, body)
    case 'sms/send-sms':
      return device.sms.sendXml(body)
    case 'sms/sms-list':
      return device.sms.listXml(body)
    case 'pin/operate':
      return operatePin(device, request)
    case 'user/logout':
      session.loggedIn = false
      return okXml()
    case 'dialup/mobile-dataswitch':
      device.switchData(body.includes('<dataswitch>1</dataswitch>'))
      return okXml()
    case 'device/control':
      if (!body.includes('<Control>1</Control>')) return errorXml(100_006)
      device.restart()
      return okXml()
    default:
      return errorXml(100_002)
  }
}

const operatePin = (device: HilinkInside, request: HttpRequest): string => {
  const { body = '' } = request
  const sealed = headerOf(request, 'encrypt_transmit') !== null
  if (sealed !== (device.firmware.encrypts === true) || device.world().sim !== 'locked')
    return errorXml(100_005)
  const { xml: answer, unlocked } = device.sim.operate((sealed ? device.key.open(body) : body) ?? '')
  if (unlocked) device.unlock()
  return answer
}

/** A firmware from before sessions: anyone may read and reboot. */
const withoutSession = (device: HilinkInside, route: Route): HttpAnswer => {
  if (device.isBusy()) return xml(errorXml(100_004))
  if (route.request.method === 'GET') return page(device, route.path)
  return xml(act(device, route, { session: device.sessions.create(), token: '' }))
}

const nextTokens = (
  { firmware, sessions }: HilinkInside,
  session: SimulatedHilinkSession,
): HttpAnswer['headers'] => {
  const name = '__requestverificationtoken'
  const issue = (): string => sessions.issue(session)
  if (firmware.rotation === 'one-two') return { [`${name}one`]: issue(), [`${name}two`]: issue() }
  return { [name]: firmware.rotation === 'list' ? `${issue()}#${issue()}#` : issue() }
}
