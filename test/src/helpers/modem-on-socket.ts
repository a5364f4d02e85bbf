import { randomBytes } from 'node:crypto'
import { createServer, type Socket } from 'node:net'
import type { Test } from 'tap'

/** What ModemManager is to find: an LTE modem whose radio, SIM and network are turned by the test. */
export type ModemOnSocket = {
  /** As ModemManager's test interface takes it. */
  readonly port: string
  /** +CESQ of TS 27.007 §8.69: rsrq and rsrp as they are encoded there; null: no cell is heard. */
  setSignal(signal: { readonly rsrq: number; readonly rsrp: number } | null): void
  /** The PIN that the SIM asks for; it has three tries. */
  lockSim(pin: string): void
  /** From now on the modem takes commands and says nothing. */
  hang(on: boolean): void
  /** Every command so far. */
  heard(): readonly string[]
  /** The PDUs that were handed in, hexadecimal. */
  sent(): readonly string[]
}

type Inside = {
  signal: { readonly rsrq: number; readonly rsrp: number } | null
  pin: string | null
  pinTries: number
  pdus: string[]
}

/** A modem that speaks AT commands on an abstract Unix socket: the kind of port that ModemManager's tests use. */
export const modemOnSocket = async (t: Pick<Test, 'teardown'>): Promise<ModemOnSocket> => {
  const port = `abstract:ih-${randomBytes(4).toString('hex')}`
  const inside: Inside = { signal: { rsrq: 20, rsrp: 38 }, pin: null, pinTries: 3, pdus: [] }
  const heard: string[] = []
  const sockets = new Set<Socket>()
  let hung = false
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.setEncoding('latin1')
    let rest = ''
    socket.on('data', (text: string) => {
      const parts = (rest + text).split(/[\r\u001a]/)
      rest = parts.pop() ?? ''
      for (const command of parts.map((part) => part.trim()).filter((part) => part !== '')) {
        heard.push(command)
        if (!hung) socket.write(answerTo(inside, command))
      }
    })
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
  })
  const server2 = createServer((s) => server.emit('connection', s))
  server2.listen(`\0${port}d`)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(`\0${port}`, resolve)
  })
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
    server2.close()
  })
  return {
    port,
    setSignal: (signal) => void (inside.signal = signal),
    lockSim: (pin) => void Object.assign(inside, { pin, pinTries: 3 }),
    hang: (on) => void (hung = on),
    heard: () => heard,
    sent: () => inside.pdus,
  }
}

/** What it says to questions whose answer never changes; anything else that it does not know is an error. */
const FIXED: Readonly<Record<string, string>> = {
  'AT+GCAP': '+GCAP: +CGSM,+DS,+ES',
  ATI: 'Infra Home test modem',
  'AT+CGMI': 'Infra Home',
  'AT+CGMM': 'Test modem',
  'AT+CGMR': '1.0',
  'AT+CGSN': '490154203237518',
  'AT+WS46=?': '+WS46: (12,22,28,31)',
  'AT+CGDCONT=?': '+CGDCONT: (1-11),"IP",,,(0-2),(0-3)',
  'AT+CGDCONT?': '+CGDCONT: 1,"IP","internet","0.0.0.0",0,0',
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
  'AT+CGATT?': '+CGATT: 1',
  'AT+CESQ=?': '+CESQ: (0-63,99),(0-7,99),(0-96,255),(0-49,255),(0-34,255),(0-97,255)',
}

const OBEYED =
  /^AT(E0|V1|X4|&C1|\+CMEE=1|\+IFC=1,1|\+CSCS=.+|\+C[GE]?REG=\d|\+COPS=3,\d|\+CMGF=0|\+CNMI=.+|\+CPMS=.+|\+CGDCONT=.+|\+CFUN=\d|\+CGACT=0,1|H|Z)?$/

const answerTo = (inside: Inside, command: string): string => {
  const lines = (text: string): string => `\r\n${text}\r\n`
  const fixed = FIXED[command]
  if (fixed !== undefined) return lines(fixed) + lines('OK')
  const live = liveAnswer(inside, command)
  if (live !== null) return lines(live)
  if (OBEYED.test(command)) return lines('OK')
  return lines('ERROR')
}

const liveAnswer = (inside: Inside, command: string): string | null => {
  const { signal } = inside
  if (command === 'AT+CESQ')
    return `+CESQ: 99,99,255,255,${signal?.rsrq ?? 255},${signal?.rsrp ?? 255}\r\n\r\nOK`
  if (command === 'AT+CGACT?') return '+CGACT: 1,0\r\n\r\nOK'
  if (/^ATD\*99/.test(command)) return 'CONNECT 150000000'
  if (command === 'AT+CSQ') return `+CSQ: ${signal ? 17 : 99},99\r\n\r\nOK`
  if (command === 'AT+CPIN?') return `+CPIN: ${inside.pin === null ? 'READY' : 'SIM PIN'}\r\n\r\nOK`
  if (command.startsWith('AT+CPIN=')) return tryPin(inside, command.slice('AT+CPIN='.length))
  if (command.startsWith('AT+CSIM=')) return `+CSIM: 4,"63C${inside.pinTries}"\r\n\r\nOK`
  if (command.startsWith('AT+CMGS=')) return '> '
  if (/^[0-9A-F]{20,}$/i.test(command)) {
    inside.pdus.push(command)
    return `+CMGS: ${inside.pdus.length}\r\n\r\nOK`
  }
  return null
}

const tryPin = (inside: Inside, given: string): string => {
  if (given === `"${inside.pin}"`) {
    inside.pin = null
    return 'OK'
  }
  inside.pinTries--
  return '+CME ERROR: 16'
}
