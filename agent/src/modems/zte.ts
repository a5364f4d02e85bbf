import { later, milliseconds, seconds } from '@infra-home/shared/clock.ts'
import * as Type from 'typebox'
import { turnstile } from '../turnstile.ts'
import type { Modem, ModemDriver, ModemPorts } from './modem.ts'
import { answerTimeout } from './web/answer-timeout.ts'
import { passwordTrust } from './web/password-trust.ts'
import { zteLogin } from './zte/login.ts'
import { zteOrders } from './zte/orders.ts'
import { pollZte } from './zte/poll.ts'
import { zteRecognition } from './zte/recognition.ts'
import { zteReading } from './zte/reading.ts'
import { reconnectZte } from './zte/reconnect.ts'
import { sendShortMessage } from './zte/send-sms.ts'
import { zteSession } from './zte/session.ts'
import { enterPin } from './zte/sim-pin.ts'

const ZteConfigSchema = Type.Object(
  {
    address: Type.String({
      pattern: '^[A-Za-z0-9.:\\[\\]_-]{1,253}$',
      description: 'host or host:port of the web interface, as in 192.168.0.1',
    }),
    username: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 64,
        description: 'only where the device’s own page asks for a user name beside the password',
      }),
    ),
    timeoutMs: answerTimeout(1500),
  },
  { additionalProperties: false },
)

/** The configuration as validated, and the password that the composition root read from the file that the agent's own part names. */
export type ZteConfig = Type.Static<typeof ZteConfigSchema> & { readonly password?: string }

type Ports = Pick<ModemPorts, 'http' | 'clock' | 'shown'>

/** A whole poll is over after this time, whatever the device does. */
const LONGEST_POLL = seconds(4)

/** ZTE modems and routers with the goform web interface. */
export const zte = {
  name: 'zte',
  configSchema: ZteConfigSchema,
  create: (config: ZteConfig, ports: Ports) => createZte(config, ports),
  recognition: zteRecognition,
} satisfies ModemDriver<ZteConfig>

const createZte = (config: ZteConfig, ports: Ports): Modem => {
  const { clock } = ports
  const session = zteSession(ports, {
    address: config.address,
    timeout: milliseconds(config.timeoutMs ?? 1500),
  })
  const credentials = config.password
    ? { username: config.username ?? null, password: config.password }
    : null
  const trust = passwordTrust(
    { driver: 'zte', address: config.address, secret: Object.values(credentials ?? {}).join('\n') },
    ports.shown,
  )
  const login = zteLogin({ session, clock, trust }, credentials)
  const order = zteOrders({ session, login, clock })
  const deadline = () => later(clock.now().mono, LONGEST_POLL)
  const inTurn = turnstile() // an AD is good for the next form only
  return {
    read: () => inTurn(async () => zteReading(await pollZte({ session, login }, deadline()), config.address)),
    reconnect: () => reconnectZte({ session, order, clock, inTurn }),
    reboot: () =>
      inTurn(async () => {
        await order({ goformId: 'REBOOT_DEVICE' }, 'rebooted')
        login.forget()
        session.drop()
      }),
    sendSms: (message) => sendShortMessage({ session, order, clock, inTurn }, message),
    simUnlock: (pin) => inTurn(() => enterPin(order, pin)),
    close: () =>
      inTurn(async () => {
        await login.leave(deadline())
        session.drop()
      }),
  }
}
