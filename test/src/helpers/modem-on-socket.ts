import { randomBytes } from 'node:crypto'
import { createServer, type Server, type Socket } from 'node:net'
import type { Test } from 'tap'

/** What a measurement gives, as +CESQ encodes it (TS 27.007 §8.69): RSRP −141 + n dBm, RSRQ −20 + n/2 dB. */
type Signal = { readonly rsrp: number; readonly rsrq: number }

/** What ModemManager is to find: an LTE modem whose radio and SIM are turned by the test. */
export type ModemOnSocket = {
  /** One for commands and one for data, as ModemManager's test interface takes them. */
  readonly ports: readonly string[]
  /** null: no cell is heard. The modem says so when asked, and nothing by itself. */
  setSignal(signal: Signal | null): void
  /** Takes it away, and brings it back. */
  plug(on: boolean): Promise<void>
  /** Every command so far. */
  heard(): readonly string[]
  /** The PDUs of messages that were handed in, hexadecimal. */
  sent(): readonly string[]
}

type Options = {
  readonly imei: string
  /** The SIM asks for it; it has three tries. */
  readonly pin?: string
}

type Inside = {
  readonly imei: string
  signal: Signal | null
  pin: string | null
  tries: number
  pdus: string[]
}

/** A modem that speaks AT commands on abstract Unix sockets, which ModemManager takes for ports in its test mode. */
export const modemOnSocket = async (
  t: Pick<Test, 'teardown'>,
  { imei, pin }: Options,
): Promise<ModemOnSocket> => {
  const name = `abstract:ih-${randomBytes(4).toString('hex')}`
  const ports = [name, `${name}-data`]
  const inside: Inside = { imei, signal: { rsrp: 38, rsrq: 20 }, pin: pin ?? null, tries: 3, pdus: [] }
  const heard: string[] = []
  const sockets = new Set<Socket>()
  let servers: Server[] = []
  const talk = (socket: Socket): void => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
    answerCommands(socket, (command) => {
      heard.push(command)
      return answerTo(inside, command)
    })
  }
  const plug = async (on: boolean): Promise<void> => {
    for (const server of servers) server.close()
    for (const socket of sockets) socket.destroy()
    servers = on ? await Promise.all(ports.map((port) => listening(port, talk))) : []
  }
  await plug(true)
  t.teardown(() => plug(false))
  return {
    ports,
    setSignal: (signal) => void (inside.signal = signal),
    plug,
    heard: () => heard,
    sent: () => inside.pdus,
  }
}

const listening = (port: string, talk: (socket: Socket) => void): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = createServer(talk).once('error', reject)
    server.listen(`\0${port}`, () => resolve(server))
  })

/** A command ends with a carriage return, a PDU with Ctrl-Z. */
const answerCommands = (socket: Socket, answer: (command: string) => string): void => {
  let rest = ''
  socket.setEncoding('latin1').on('data', (text: string) => {
    const parts = (rest + text).split(/[\r\u001A]/)
    rest = parts.pop() ?? ''
    for (const command of parts.map((part) => part.trim()).filter((part) => part !== ''))
      socket.write(`\r\n${answer(command)}\r\n`)
  })
}

/** What it says to questions whose answer never changes. */
const FIXED: Readonly<Record<string, string>> = {
  'AT+GCAP': '+GCAP: +CGSM,+DS,+ES',
  ATI: 'Infra Home test modem',
  'AT+CGMI': 'Infra Home',
  'AT+CGMM': 'Test modem',
  'AT+CGMR': '1.0',
  'AT+WS46=?': '+WS46: (12,22,28,31)',
  'AT+CGDCONT=?': '+CGDCONT: (1-11),"IP",,,(0-2),(0-3)',
  'AT+CGDCONT?': '+CGDCONT: 1,"IP","internet","0.0.0.0",0,0',
  'AT+CGACT?': '+CGACT: 1,0',
  'AT+CIMI': '208010123456789',
  'AT+CLCK=?': '+CLCK: ("SC","FD")',
  'AT+CLCK="SC",2': '+CLCK: 1',
  'AT+CLCK="FD",2': '+CLCK: 0',
  'AT+CFUN?': '+CFUN: 1',
  'AT+CSCS=?': '+CSCS: ("IRA","UCS2","GSM")',
  'AT+CSCS?': '+CSCS: "UCS2"',
  'AT+CREG?': '+CREG: 2,1,"1234","001122BB",7',
  'AT+CGREG?': '+CGREG: 2,1,"1234","001122BB",7',
  'AT+CEREG?': '+CEREG: 2,1,"1234","001122BB",7',
  'AT+CMGF=?': '+CMGF: (0,1)',
  'AT+CNMI=?': '+CNMI: (0-2),(0-3),(0-3),(0-2),(0,1)',
  'AT+CPMS=?': '+CPMS: ("ME","SM"),("ME","SM"),("ME","SM")',
  'AT+CPMS?': '+CPMS: "ME",0,20,"ME",0,20,"ME",0,20',
  'AT+COPS?': '+COPS: 0,2,"20801",7',
  'AT+CESQ=?': '+CESQ: (0-63,99),(0-7,99),(0-96,255),(0-49,255),(0-34,255),(0-97,255)',
}

/** What it does without a word; anything that is not known here is an error. */
const OBEYED =
  /^AT(E0|V1|X4|&C1|H|Z|\+CMEE=1|\+IFC=1,1|\+CSCS=.+|\+C[GE]?REG=\d|\+COPS=3,\d|\+CMGF=0|\+CNMI=.+|\+CPMS=.+|\+CGDCONT=.+|\+CGACT=0,1)?$/

const answerTo = (inside: Inside, command: string): string => {
  const said = FIXED[command] ?? asItIs(inside, command)
  if (said !== null) return `${said}\r\n\r\nOK`
  if (OBEYED.test(command)) return 'OK'
  if (command.startsWith('ATD*99')) return 'CONNECT'
  if (command.startsWith('AT+CMGS=')) return '> '
  if (command.startsWith('AT+CPIN=')) return tryPin(inside, command.slice('AT+CPIN='.length))
  return 'ERROR'
}

const asItIs = (inside: Inside, command: string): string | null => {
  const { signal } = inside
  if (command === 'AT+CGSN') return inside.imei
  if (command === 'AT+CESQ') return `+CESQ: 99,99,255,255,${signal?.rsrq ?? 255},${signal?.rsrp ?? 255}`
  if (command === 'AT+CSQ') return `+CSQ: ${signal ? 17 : 99},99`
  if (command === 'AT+CPIN?') return `+CPIN: ${inside.pin === null ? 'READY' : 'SIM PIN'}`
  if (command.startsWith('AT+CSIM=')) return `+CSIM: 4,"63C${inside.tries}"`
  if (/^[0-9A-F]{20,}$/i.test(command)) return `+CMGS: ${inside.pdus.push(command)}`
  return null
}

const tryPin = (inside: Inside, given: string): string => {
  if (given === `"${inside.pin}"`) {
    inside.pin = null
    return 'OK'
  }
  inside.tries--
  return '+CME ERROR: 16'
}
