import { later, milliseconds, seconds } from '@infra-home/shared/clock.ts'
import * as Type from 'typebox'
import { type HilinkLogin, hilinkLogin } from './hilink/login.ts'
import { type HilinkOrder, hilinkOrder } from './hilink/order.ts'
import { unlockHilinkSim } from './hilink/pin.ts'
import { pollHilink } from './hilink/poll.ts'
import { hilinkReading } from './hilink/reading.ts'
import { hilinkRecognition } from './hilink/recognition.ts'
import { requestXml } from './hilink/request.ts'
import { type HilinkRequest, type HilinkSession, hilinkSession } from './hilink/session.ts'
import { hilinkInbox, sendHilinkSms } from './hilink/sms.ts'
import { hilinkUsage } from './hilink/usage.ts'
import { turnstile } from '../turnstile.ts'
import type { Modem, ModemDriver, ModemPorts } from './modem.ts'
import { renewSession } from './orders/renew-session.ts'
import { answerTimeout } from './web/answer-timeout.ts'
import { passwordTrust } from './web/password-trust.ts'

const HilinkConfigSchema = Type.Object(
  {
    address: Type.String({
      pattern: '^[A-Za-z0-9.:\\[\\]_-]{1,253}$',
      description: 'host or host:port of the web interface, as in 192.168.8.1',
    }),
    username: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'admin unless given' })),
    timeoutMs: answerTimeout(1500),
  },
  { additionalProperties: false },
)

/** The configuration as validated, and the password that the composition root read from the file that the agent's own part names. */
export type HilinkConfig = Type.Static<typeof HilinkConfigSchema> & { readonly password?: string }

type Ports = Pick<ModemPorts, 'http' | 'clock' | 'shown'>

/** A whole poll is over after this time, whatever the device does. */
const LONGEST_POLL = seconds(4)
/** 0 ends the data session, 1 begins one (Salamek/huawei-lte-api: api/DialUp.py). */
const switchData = (on: boolean): HilinkRequest => ({
  path: 'dialup/mobile-dataswitch',
  body: () => requestXml([['dataswitch', on ? 1 : 0]]),
})
const REBOOT: HilinkRequest = { path: 'device/control', body: () => requestXml([['Control', 1]]) }

/** Huawei modems and routers with the HiLink web interface. */
export const hilink = {
  name: 'hilink',
  configSchema: HilinkConfigSchema,
  create: (config: HilinkConfig, ports: Ports) => createHilink(config, ports),
  recognition: hilinkRecognition,
} satisfies ModemDriver<HilinkConfig>

const createHilink = (config: HilinkConfig, ports: Ports): Modem => {
  const session = hilinkSession(ports, {
    address: config.address,
    timeout: milliseconds(config.timeoutMs ?? 1500),
  })
  const login = loginOf(config, session, ports)
  const unsupported = new Set<string>()
  const deadline = () => later(ports.clock.now().mono, LONGEST_POLL)
  const inTurn = turnstile() // a device hands out its tokens in a row
  const orderNow = hilinkOrder({ session, login, clock: ports.clock })
  const order: HilinkOrder = (request, otherwise) => inTurn(() => orderNow(request, otherwise))
  const dataSession = async (on: boolean): Promise<void> => {
    await order(switchData(on), `the data session was not ${on ? 'begun' : 'ended'}`)
  }
  return {
    read: () =>
      inTurn(async () => {
        const poll = await pollHilink({ session, login, unsupported }, deadline())
        return hilinkReading(poll, config.address)
      }),
    reconnect: () =>
      renewSession(ports.clock, { end: () => dataSession(false), begin: () => dataSession(true) }),
    dataSession,
    reboot: () =>
      inTurn(async () => {
        await orderNow(REBOOT, 'the modem was not rebooted')
        session.drop()
      }),
    usage: () => hilinkUsage(order),
    sendSms: (message) => sendHilinkSms({ order, clock: ports.clock }, message),
    receivedSms: () => hilinkInbox(order),
    simUnlock: (pin) => inTurn(() => unlockHilinkSim(orderNow, pin)),
    close: () =>
      inTurn(async () => {
        await login.leave(deadline())
        session.drop()
      }),
  }
}

const loginOf = (config: HilinkConfig, session: HilinkSession, { clock, shown }: Ports): HilinkLogin => {
  const { address, username = 'admin', password } = config
  const secret = password ? `${username}\n${password}` : ''
  const trust = passwordTrust({ driver: 'hilink', address, secret }, shown)
  return hilinkLogin({ session, clock, trust }, password ? { username, password } : null)
}
