import type { HttpAnswer, HttpRequest } from '../sys.ts'
import { HTML_PAGE } from './distortion.ts'
import { headerOf } from './hilink-sessions.ts'
import type { ModemWorld } from './modem-world.ts'
import type { ZteAccount, ZtePosted } from './zte-account.ts'
import { isZteRadio, zteFields, type ZteNetwork } from './zte-fields.ts'
import type { ZteFirmware } from './zte-firmware.ts'
import type { ZteCard } from './zte-card.ts'

/** The inside of the device, as its routes see it. */
export type ZteInside = {
  readonly account: ZteAccount
  readonly card: ZteCard
  firmware(): ZteFirmware
  world(): ModemWorld
  network(): ZteNetwork
  isBusy(): boolean
  restart(): void
  switchData(on: boolean): void
}

const GET = '/goform/goform_get_cmd_process'
const SET = '/goform/goform_set_cmd_process'

/** What was asked of the device: the first name of a question, or the form that was posted. */
export const zteSubject = (request: HttpRequest): string => {
  const url = new URL(request.url)
  return url.pathname === SET
    ? (formOf(request).get('goformId') ?? '')
    : (url.searchParams.get('cmd')?.split(',')[0] ?? url.pathname)
}

/** What the device answers to one request. */
export const zteAnswerOf = (device: ZteInside, request: HttpRequest): HttpAnswer => {
  const url = new URL(request.url)
  if (device.isBusy()) return { status: 503, headers: {}, body: HTML_PAGE }
  if (url.pathname === SET && request.method === 'POST') return set(device, request)
  if (url.pathname !== GET) return { status: 200, headers: { 'content-type': 'text/html' }, body: HTML_PAGE }
  return json(get(device, url.searchParams, request))
}

const json = (fields: Readonly<Record<string, string>>, headers: HttpAnswer['headers'] = {}): HttpAnswer => ({
  status: 200,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(fields),
})

const get = (device: ZteInside, query: URLSearchParams, request: HttpRequest): Record<string, string> => {
  const list = query.get('cmd') ?? ''
  const names = query.get('multi_data') === '1' ? list.split(',') : [list]
  const said = comesFromItsPage(request) ? valuesFor(device, request) : {}
  if (list === 'sms_cmd_status_info') return { sms_cmd: '4', sms_cmd_status_result: said[list] ?? '' }
  return Object.fromEntries(names.map((name) => [name, said[name] ?? '']))
}

const comesFromItsPage = (request: HttpRequest): boolean =>
  headerOf(request, 'referer')?.endsWith('/index.html') === true

const valuesFor = (device: ZteInside, request: HttpRequest): Readonly<Record<string, string>> => {
  const { account, card } = device
  const firmware = device.firmware()
  const inside = account.isInside(headerOf(request, 'cookie'))
  const world = { ...zteFields(device.world(), device.network()), ...card.fields() }
  const told = Object.entries(world).filter(
    ([name]) => inside || firmware.hides === 'nothing' || (firmware.hides === 'radio' && !isZteRadio(name)),
  )
  const all = {
    ...Object.fromEntries(told),
    loginfo: inside ? 'ok' : '',
    wa_inner_version: firmware.innerVersion,
    cr_version: firmware.crVersion,
    psw_fail_num_str: String(account.triesLeft()),
    LD: account.challenge('LD'),
    RD: account.challenge('RD'),
  }
  return Object.fromEntries(Object.entries(all).filter(([name]) => !firmware.lacks.includes(name)))
}

const formOf = (request: HttpRequest): ZtePosted => new URLSearchParams(request.body ?? '')

const set = (device: ZteInside, request: HttpRequest): HttpAnswer => {
  const { account } = device
  const form = formOf(request)
  const id = form.get('goformId') ?? ''
  if (!comesFromItsPage(request)) return json({ result: 'failure' })
  if (id.startsWith('LOGIN')) {
    if (id === 'LOGIN_MULTI_USER' && !account.hasAccess(form)) return json({ result: '1' })
    const { result, cookie } = account.login(form)
    return json({ result }, cookie === null ? {} : { 'set-cookie': [`${cookie}; path=/; HttpOnly`] })
  }
  const allowed = account.isInside(headerOf(request, 'cookie')) && account.hasAccess(form)
  return json({ result: allowed && act(device, id, form) ? 'success' : 'failure' })
}

/** Does what a form says; false when it cannot be done. */
const act = (device: ZteInside, id: string, form: ZtePosted): boolean => {
  if (id === 'ENTER_PIN') return device.card.enterPin(form.get('PinNumber') ?? '')
  if (id === 'SEND_SMS') return device.card.send(form)
  if (id === 'LOGOUT') device.account.logout()
  else if (id === 'REBOOT_DEVICE') device.restart()
  else if (id === 'CONNECT_NETWORK') device.switchData(true)
  else if (id === 'DISCONNECT_NETWORK') device.switchData(false)
  else return false
  return true
}
