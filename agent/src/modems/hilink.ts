import { later, milliseconds, seconds } from '@infra-home/shared/clock.ts'
import { type ErrorCode, InfraError } from '@infra-home/shared/errors.ts'
import * as Type from 'typebox'
import { describeHilinkCode } from '../parse/hilink-answer.ts'
import { hilinkLogin } from './hilink/login.ts'
import { asker, pollHilink } from './hilink/poll.ts'
import { hilinkReading } from './hilink/reading.ts'
import { hilinkSession } from './hilink/session.ts'
import { turnstile } from '../turnstile.ts'
import type { Modem, ModemDriver, ModemPorts } from './modem.ts'

const HilinkConfigSchema = Type.Object(
  {
    address: Type.String({
      pattern: '^[A-Za-z0-9.:\\[\\]_-]{1,253}$',
      description: 'host or host:port of the web interface, as in 192.168.8.1',
    }),
    username: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'admin unless given' })),
    passwordFile: Type.Optional(
      Type.String({ minLength: 1, description: 'path of a file that holds the password' }),
    ),
    timeoutMs: Type.Optional(
      Type.Integer({
        minimum: 100,
        maximum: 4000,
        description: 'longest wait for one answer, 1500 unless given',
      }),
    ),
  },
  { additionalProperties: false },
)

/** The configuration as validated, and the text of `passwordFile` as the composition root read it. */
export type HilinkConfig = Type.Static<typeof HilinkConfigSchema> & { readonly password?: string }

/** A whole poll is over after this time, whatever the device does. */
const LONGEST_POLL = seconds(4)
/** 0 ends the data session, 1 begins one (Salamek/huawei-lte-api: api/DialUp.py). */
const switchBody = (on: 0 | 1): string =>
  `<?xml version="1.0" encoding="UTF-8"?><request><dataswitch>${on}</dataswitch></request>`
const REBOOT_BODY = '<?xml version="1.0" encoding="UTF-8"?><request><Control>1</Control></request>'

/** Huawei modems and routers with the HiLink web interface. */
export const hilink = {
  name: 'hilink',
  configSchema: HilinkConfigSchema,
  create: (config: HilinkConfig, ports: Pick<ModemPorts, 'http' | 'clock'>) => createHilink(config, ports),
} satisfies ModemDriver<HilinkConfig>

const createHilink = (config: HilinkConfig, ports: Pick<ModemPorts, 'http' | 'clock'>): Modem => {
  const session = hilinkSession(ports, {
    address: config.address,
    timeout: milliseconds(config.timeoutMs ?? 1500),
  })
  const password = config.password
    ? { username: config.username ?? 'admin', password: config.password }
    : null
  const login = hilinkLogin({ session, clock: ports.clock }, password)
  const unsupported = new Set<string>()
  const deadline = () => later(ports.clock.now().mono, LONGEST_POLL)
  const inTurn = turnstile() // a device hands out its tokens in a row
  /** Has something done. @throws InfraError modem-refused, modem-unreachable, modem-auth */
  const order = async ({ path, body }: { path: string; body: string }, what: string): Promise<void> => {
    const refused = (code: ErrorCode, why: string): InfraError =>
      new InfraError(code, `the modem was not ${what}: ${why}`)
    const asking = asker({ session, login }, deadline())
    const reply = await asking.ask({ path, body: () => body })
    const entered = asking.login()
    if (entered?.kind === 'failed') throw refused('modem-auth', entered.cause)
    if (entered?.kind === 'no-password') throw refused('modem-auth', 'no password is configured')
    if (reply.kind === 'silent') throw refused('modem-unreachable', reply.why)
    if (reply.kind === 'refused') throw refused('modem-refused', describeHilinkCode(reply.code))
    if (reply.kind === 'garbled') throw refused('modem-refused', reply.why)
  }
  return {
    read: () =>
      inTurn(async () => {
        const poll = await pollHilink({ session, login, unsupported }, deadline())
        return hilinkReading(poll, config.address)
      }),
    reconnect: () =>
      inTurn(async () => {
        await order({ path: 'dialup/mobile-dataswitch', body: switchBody(0) }, 'reconnected')
        await order({ path: 'dialup/mobile-dataswitch', body: switchBody(1) }, 'reconnected')
      }),
    reboot: () =>
      inTurn(async () => {
        await order({ path: 'device/control', body: REBOOT_BODY }, 'rebooted')
        session.drop()
      }),
    close: () =>
      inTurn(async () => {
        await login.leave(deadline())
        session.drop()
      }),
  }
}
