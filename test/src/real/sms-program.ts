// Runs inside a network namespace that the test made, a router's: a whole coordinator and a whole agent, a modem whose SIM can send, and webhooks
// on the internet, which goes. Prints one JSON line for each thing seen.
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { realClock } from '@infra-home/agent/sys/real-clock.ts'
import { simulatedZte } from '@infra-home/agent/sys/simulated/zte-device.ts'
import { MC801A } from '@infra-home/agent/sys/simulated/zte-firmware.ts'
import { eventually } from '../helpers/eventually.ts'
import { tell } from '../helpers/exec-here.ts'
import { serveDevice } from '../helpers/http-device.ts'
import { bothUp, makeHousehold } from '../lab/household.ts'
import { inside } from '../lab/processes.ts'
import { drop, forward, SERVER, wireUplinks } from '../lab/uplinks.ts'
import { startWorld } from '../lab/world.ts'
import { startStream } from '../lab/streams.ts'

const OWNER = '+33612345678'
const EAR_PORT = 8080
/** What could not be told for a minute says that it is late. */
const LATE_AFTER_MS = 61_000

type Heard = { path: string | null; message: { title: string; items: { alertId: string; event: string }[] } }

const [house = '', gateway1 = '', gateway2 = '', internet = ''] = process.argv.slice(2)
await wireUplinks({ house, gateways: [gateway1, gateway2], internet })
const ear = inside(internet, 'ear-program.ts', SERVER, String(EAR_PORT))
const heard: Heard[] = []
if (ear.stdout)
  createInterface({ input: ear.stdout }).on('line', (line) => heard.push(JSON.parse(line) as Heard))
await startWorld({ gateways: [gateway1, gateway2], internet })
await eventually('the ear', () => heard.length > 0)

const zte = simulatedZte({ clock: realClock(), firmware: MC801A, account: { password: 'right' } })
const { address } = await serveDevice(zte.handle)
const passwordFile = join(mkdtempSync(join(tmpdir(), 'infra-home-sms-')), 'password')
writeFileSync(passwordFile, 'right\n')
const webhook = (name: string) => ({ name, kind: 'webhook', url: `http://${SERVER}:${EAR_PORT}/${name}` })
const home = makeHousehold({
  coordinator: {
    channels: [
      webhook('anna'),
      webhook('log'),
      { name: 'phone', kind: 'sms', node: 'rpi4-1', modem: 'lte', to: [OWNER] },
    ],
    contacts: [
      { name: 'anna', channels: ['anna', 'phone'] },
      { name: 'log', channels: ['log'] },
    ],
    rules: {
      'modem-signal-lost': { fireAfter: 1000, clearAfter: 1000 },
      'wan-down': { fireAfter: 1000, clearAfter: 1000 },
    },
  },
  agent: {
    modems: [{ id: 'lte', driver: 'zte', config: { address }, passwordFile }],
    modemPollMs: { calm: 1000, alarmed: 1000 },
    sms: { to: [OWNER] },
  },
})
home.startCoordinator()
home.startAgent()
await home.isSo('out by the primary', (now) => now.active === 'mifi' && bothUp(now))

const sms = (): string[] => zte.card.sent().map(({ to, text }) => `${to} ${text}`)
/** Milliseconds from what is done until a short message says what it is about. */
const untilSms = async (about: string, work: () => void): Promise<number> => {
  const [begun, before] = [performance.now(), sms().length]
  work()
  await eventually(`a short message of ${about}`, () =>
    sms()
      .slice(before)
      .some((text) => text.includes(about)),
  )
  return Math.round(performance.now() - begun)
}
const messagesTo = (path: string) => heard.filter((one) => one.path === path).map(({ message }) => message)

tell('a server that does not answer', {
  ms: await untilSms('modem-signal-lost', () => {
    drop(internet, `tcp dport ${EAR_PORT}`)
    zte.setRadio(null)
  }),
  sms: sms(),
})
drop(internet, null)
zte.setRadio({})
const knowsTheEnd = (path: string): boolean =>
  messagesTo(path).some(({ items }) => items.some(({ event }) => event === 'resolved'))
await eventually('both told of the end', () => ['/anna', '/log'].every(knowsTheEnd), 60)

const messagesBefore = heard.length
const users = startStream(house, SERVER, { count: 100_000, everyMs: 100 })
await users.begun // an idle line is asked so seldom that it is luck when its end is seen
tell('the internet is gone', {
  ms: await untilSms('wan-down', () => {
    forward(gateway1, false)
    forward(gateway2, false)
  }),
})
users.stop()
tell('an alert while it is gone', { ms: await untilSms('modem-signal-lost', () => zte.setRadio(null)) })
await wait(LATE_AFTER_MS)
tell('nobody on the internet has heard', { messages: heard.length - messagesBefore })
forward(gateway1, true)
forward(gateway2, true)
await eventually('the log is told', () => messagesTo('/log').length > 0 && heard.length > messagesBefore, 60)
zte.setRadio({})
await eventually(
  'all is told',
  () => {
    const ends = heard.slice(messagesBefore).flatMap(({ message }) => message.items)
    return ends.filter(({ event }) => event === 'resolved').length >= 4
  },
  60,
)
await wait(2000)
tell('heard', { log: messagesTo('/log'), anna: messagesTo('/anna'), sms: sms() })
process.exit(0)
