import { hilink } from '@infra-home/agent/modems/hilink.ts'
import { DEFAULT_PACE, pollModem } from '@infra-home/agent/modems/poll.ts'
import { simulatedHilink } from '@infra-home/agent/sys/simulated/hilink-device.ts'
import type { HttpAnswer, HttpClient, HttpRequest } from '@infra-home/agent/sys/sys.ts'
import { days, type DurationMs, seconds } from '@infra-home/shared/clock.ts'
import { fakeClock } from '../src/helpers/fake-clock.ts'
import { modemPorts } from '../src/helpers/modem-ports.ts'
import { toyUplinks } from '../src/helpers/toy-uplinks.ts'
import { figure, type Figure, latency } from './figure.ts'

/** How many polls are counted: the first ones ask for more than those after them. */
const POLLS = 100

/** What a poll asks for and carries, counted where the device answers: method, path, headers and bodies; not TCP's own. */
const costOfPolls = async (): Promise<{ readonly requests: number; readonly bytes: number }> => {
  const clock = fakeClock()
  const device = simulatedHilink({ clock })
  let [requests, bytes] = [0, 0]
  const http: HttpClient = async (request) => {
    const answer = await device.handle(request)
    requests++
    bytes += lengthOf(request.method, new URL(request.url).pathname, linesOf(request.headers), request.body)
    bytes += lengthOf(String(answer.status), linesOf(answer.headers), answer.body)
    return answer
  }
  const modem = hilink.create({ address: '192.168.8.1' }, modemPorts({ http, clock }))
  for (let poll = 0; poll < POLLS; poll++) {
    await modem.read()
    await clock.advance(seconds(3))
  }
  return { requests: requests / POLLS, bytes: bytes / POLLS }
}

const lengthOf = (...texts: readonly (string | undefined)[]): number =>
  texts.reduce((sum, text) => sum + Buffer.byteLength(text ?? ''), 0)

const linesOf = (headers: HttpAnswer['headers'] | HttpRequest['headers'] = {}): string =>
  Object.entries(headers)
    .map(([name, value]) => `${name}: ${String(value)}\r\n`)
    .join('')

/** Bytes a day between an agent and a HiLink modem that is well, on the wire of the house; none of them leaves it. */
export const hilinkPollBytes = async (say: (text: string) => void): Promise<Figure[]> => {
  const { requests, bytes } = await costOfPolls()
  say(`hilink-poll-bytes: ${requests.toFixed(2)} requests and ${Math.round(bytes)} bytes a poll`)
  return ([3, 30] as const).map((pace) =>
    figure(`hilink-poll-bytes-${pace}s`, 'bytes a day', {
      ours: [bytes * (days(1) / seconds(pace))],
      yardstick: [],
      against: 'none',
      why: 'what another program asks for is not known',
    }),
  )
}

/** Long enough for the line to be known. */
const WARM: DurationMs = seconds(300)
const STEP_MS = 100
const LONGEST_MS = 60_000
/** Enough for all answers of one reading to be taken in, of a device that answers at once. */
const TURNS_OF_A_READ = 150

/**
 * From the loss until the agent reads it, at the paces as shipped, in simulated time: of a modem behind the uplink in use (its line is asked every 7 s
 * while nobody uses it, and a doubt hurries the modem), of one behind an uplink that waits, and of one of no uplink.
 */
export const lossSeenByDefault = async (runs: number, say: (text: string) => void): Promise<Figure> => {
  const all: number[] = []
  for (const uplink of ['mifi', 'dsl', null] as const) {
    const seen: number[] = []
    for (let run = 0; run < runs; run++) seen.push(await lossSeen(uplink, (run / runs) * DEFAULT_PACE.calm))
    if (uplink === 'mifi') all.push(...seen)
    const [whose, last] = [uplink ?? 'no uplink', Math.max(...seen)]
    const mean = seen.reduce((sum, one) => sum + one, 0) / seen.length
    say(`signal-loss-seen-default, ${whose}: ${mean.toFixed(2)} s on average, ${last.toFixed(2)} s at most`)
  }
  return latency('signal-loss-seen-default', 's', all)
}

const lossSeen = async (uplink: 'mifi' | 'dsl' | null, offset: number): Promise<number> => {
  let hurry = (): void => {}
  const house = toyUplinks((id) => {
    if (id === uplink) hurry()
  })
  const { clock } = house
  const device = simulatedHilink({ clock })
  const modem = hilink.create({ address: '192.168.8.1' }, modemPorts({ http: device.handle, clock }))
  let isSeen = false
  const poll = pollModem(
    { id: 'lte', driver: 'hilink', address: '192.168.8.1', modem },
    {
      clock,
      pace: DEFAULT_PACE,
      isForData: () => true,
      onReading({ states: [state] }) {
        isSeen ||= state?.kind === 'modem' && state.body.state === 'searching'
      },
    },
  )
  ;({ hurry } = poll)
  await poll.start()
  const lostAt = WARM + offset
  for (let at = STEP_MS; !isSeen; at += STEP_MS) {
    if (at > lostAt + LONGEST_MS) throw new Error(`the loss of ${uplink ?? 'no uplink'} was never seen`)
    if (at > lostAt) {
      device.setRadio(null)
      if (uplink !== null) house.dead.add(uplink)
    }
    house.stir()
    await clock.runTo(at)
    for (let turn = 0; turn < TURNS_OF_A_READ; turn++) await Promise.resolve()
  }
  await poll.stop()
  return (clock.now().mono - lostAt) / 1000
}
