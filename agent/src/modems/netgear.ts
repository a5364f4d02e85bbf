import { later, milliseconds, seconds } from '@infra-home/shared/clock.ts'
import * as Type from 'typebox'
import { turnstile } from '../turnstile.ts'
import { judgeFailure } from './judge.ts'
import type { Modem, ModemDriver, ModemPorts } from './modem.ts'
import { connectNetgear, disconnectNetgear, rebootNetgear, reconnectNetgear } from './netgear/connection.ts'
import { netgearLogin } from './netgear/login.ts'
import { type NetgearOrders, netgearOrders } from './netgear/order.ts'
import { unlockNetgearSim } from './netgear/pin.ts'
import { blankNetgearReading, netgearReading } from './netgear/reading.ts'
import { netgearRecognition } from './netgear/recognition.ts'
import { netgearSession } from './netgear/session.ts'
import { sendNetgearSms } from './netgear/sms.ts'
import { answerTimeout } from './web/answer-timeout.ts'
import { passwordTrust } from './web/password-trust.ts'

const NetgearConfigSchema = Type.Object(
  {
    address: Type.String({
      pattern: '^[A-Za-z0-9.:\\[\\]_-]{1,253}$',
      description: 'host or host:port of the web interface, as in 192.168.5.1',
    }),
    timeoutMs: answerTimeout(3000),
  },
  { additionalProperties: false },
)

/** The configuration as validated, and the password that the composition root read from the file that the agent's own part names. */
export type NetgearConfig = Type.Static<typeof NetgearConfigSchema> & { readonly password?: string }

type Ports = Pick<ModemPorts, 'http' | 'clock' | 'shown'>

/** A whole read is over after this time, whatever the device does. */
const LONGEST_READ = seconds(4)

/** Netgear's modems and mobile routers with model.json: LB1120, LB2120, LM1200, Nighthawk M1 to M6, AirCard. */
export const netgear = {
  name: 'netgear',
  configSchema: NetgearConfigSchema,
  create: (config: NetgearConfig, ports: Ports) => createNetgear(config, ports),
  recognition: netgearRecognition,
} satisfies ModemDriver<NetgearConfig>

const createNetgear = ({ address, password, timeoutMs }: NetgearConfig, ports: Ports): Modem => {
  const { clock } = ports
  const session = netgearSession(ports, { address, timeout: milliseconds(timeoutMs ?? 3000) })
  const trust = passwordTrust({ driver: 'netgear', address, secret: password ?? '' }, ports.shown)
  const login = netgearLogin({ session, clock, trust }, password ?? null)
  const inTurn = turnstile() // two at once would log in twice, and the second time is out
  const now = netgearOrders({ session, login, clock })
  const orders: NetgearOrders = {
    look: (otherwise) => inTurn(() => now.look(otherwise)),
    fill: (path, form, otherwise) => inTurn(() => now.fill(path, form, otherwise)),
  }
  let messages = 0
  return {
    read: () =>
      inTurn(async () => {
        const by = later(clock.now().mono, LONGEST_READ)
        try {
          const model = await login.model(by)
          const isBare = model.connection === null && !model.isAdmin // some firmwares show a guest nothing
          return netgearReading(isBare ? await login.enter(model, by) : model, address)
        } catch (error) {
          return blankNetgearReading(judgeFailure(error, 'model.json'), address)
        }
      }),
    reconnect: () => reconnectNetgear(orders, clock),
    dataSession: (on) => (on ? connectNetgear(orders) : disconnectNetgear(orders)),
    async reboot() {
      await rebootNetgear(orders)
      session.drop()
    },
    async usage() {
      return (await orders.look('the data use was not read')).plan
    },
    sendSms: (message) =>
      sendNetgearSms({ orders, clock }, message, `infra-home-${clock.now().wall}-${++messages}`),
    simUnlock: (pin) => inTurn(() => unlockNetgearSim(now, pin)),
  }
}
