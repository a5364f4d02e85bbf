// Modems at a serial line: what each answer means, what the driver makes of them, and what it refuses to do.
import { readdirSync, readFileSync } from 'node:fs'
import { at, type AtConfig } from '@infra-home/agent/modems/at.ts'
import { encodeSms } from '@infra-home/agent/modems/at/sms-pdu.ts'
import { fieldsAfter, isFinal, parseAtAnswer } from '@infra-home/agent/parse/at-answer.ts'
import { parseOperator } from '@infra-home/agent/parse/at-operator.ts'
import { parseQeng, type SinrScale } from '@infra-home/agent/parse/at-qeng.ts'
import { ratOfAct } from '@infra-home/agent/parse/at-rat.ts'
import {
  parseRegistration,
  REGISTRATIONS,
  type RegistrationName,
  settleRegistration,
} from '@infra-home/agent/parse/at-registration.ts'
import { parseActive, parseAddressed, parseAttached } from '@infra-home/agent/parse/at-session.ts'
import { type AtSignal, parseCesq, parseCsq, parseHcsq } from '@infra-home/agent/parse/at-signal.ts'
import { parseSim, TRIES } from '@infra-home/agent/parse/at-sim.ts'
import { serialLines } from '@infra-home/agent/sys/serial-lines.ts'
import type { SerialLine } from '@infra-home/agent/sys/serial.ts'
import { simulatedAt, type SimulatedAtOptions } from '@infra-home/agent/sys/simulated/at-device.ts'
import { type DurationMs, minutes, seconds } from '@infra-home/shared/clock.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import type { Registration } from '@infra-home/shared/messages/modem.ts'
import t, { type Test } from 'tap'
import { type FakeClock, fakeClock, settle } from '../helpers/fake-clock.ts'

const FIXTURES = new URL('../../fixtures/modems/at/', import.meta.url)
const fixture = (name: string): string[] =>
  readFileSync(new URL(`${name}.txt`, FIXTURES), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))

/** Every line of the fixtures of one command has a row, and every row a line. */
const eachLine = <T>(
  t: Test,
  prefix: string,
  rows: readonly (readonly [string, T])[],
  check: (line: string, wanted: T) => void,
): void => {
  const names = readdirSync(FIXTURES).filter((name) => name.startsWith(`${prefix}.`))
  const lines = names.flatMap((name) => fixture(name.replace('.txt', '')))
  t.same(lines.toSorted(), rows.map(([line]) => line).toSorted(), `${prefix}: all fixtures`)
  for (const [line, wanted] of rows) check(line, wanted)
}

t.test('what ends an answer', async (t) => {
  for (const line of ['OK', 'ERROR', '+CME ERROR: 10', '+CMS ERROR: 304', 'COMMAND NOT SUPPORT', ' OK '])
    t.ok(isFinal(line), line)
  for (const line of ['', 'OKAY', 'NO CARRIER', '+CSQ: 17,99', 'BUSY', 'RING', '+CME ERROR:', 'AT'])
    t.notOk(isFinal(line), line)
  t.same(parseAtAnswer('AT+CSQ', ['AT+CSQ', '+CREG: 5', '+CSQ: 17,99', 'OK']), {
    kind: 'said',
    lines: ['+CREG: 5', '+CSQ: 17,99'],
  })
  const refusals: [string, number | null][] = [
    ['ERROR', null],
    ['COMMAND NOT SUPPORT', null],
    ['+CME ERROR: 10', 10],
    ['+CME ERROR: SIM not inserted', 10],
    ['+CME ERROR: SIM PIN required', 11],
    ['+CME ERROR: something of its own', null],
    ['+CMS ERROR: 331', 331],
  ]
  for (const [line, code] of refusals)
    t.match(parseAtAnswer('AT', [line]), { kind: 'refused', code, why: line }, line)
  t.same(fieldsAfter(['+COPS: 0,0,"A, B",7', '+COPSX: 1'], '+COPS'), [['0', '0', 'A, B', '7']])
  t.same(fieldsAfter(['+X:1, 2 ,,"3"'], '+X'), [['1', '2', '', '3']])
})

t.test('lines of a serial line, in any pieces', async (t) => {
  const text = 'AT+CSQ\r\r\n+CSQ: 17,99\r\n\r\nOK\r\n'
  for (let cut = 0; cut <= text.length; cut++) {
    const lines = serialLines((line) => line === 'OK')
    const answer = lines.take(text.slice(0, cut)) ?? lines.take(text.slice(cut))
    t.same(answer, ['AT+CSQ', '+CSQ: 17,99', 'OK'], `cut at ${cut}`)
  }
  const prompted = (text: string) => serialLines((line) => line === '>' || line === 'OK').take(text)
  t.same(prompted('AT+CMGS=23\r\r\n> '), ['AT+CMGS=23', '>'])
  t.same(prompted('\r\n>'), ['>'])
  t.equal(prompted('\r\n> x'), null, 'a line that only begins like a prompt')
  t.equal(serialLines(() => false).take('\r\n> '), null, 'where none is waited for')
})

type Values = Partial<AtSignal>
const values = ({ rsrpDbm, rsrqDb, sinrDb, rssiDbm, rscpDbm, ecioDb, deaf, rat }: AtSignal): Values =>
  Object.fromEntries(
    Object.entries({ rsrpDbm, rsrqDb, sinrDb, rssiDbm, rscpDbm, ecioDb, deaf, rat }).filter(
      ([, value]) => value !== null && value !== false,
    ),
  )

t.test('+CSQ, +CESQ and ^HCSQ by the tables of their makers', async (t) => {
  const csq: [string, Values][] = [
    ['+CSQ: 0,99', { rssiDbm: -113 }],
    ['+CSQ: 17,99', { rssiDbm: -79 }],
    ['+CSQ: 31,0', { rssiDbm: -51 }],
    ['+CSQ: 99,99', { deaf: true }],
    ['+CSQ: 100,99', { rssiDbm: -116 }],
    ['+CSQ: 191,99', { rssiDbm: -25 }],
    ['+CSQ: 199,99', { deaf: true }],
    ['+CSQ: 32,99', {}],
    ['+CSQ: -1,99', {}],
  ]
  eachLine(t, 'csq', csq, (line, wanted) => t.same(values(parseCsq([line])), wanted, line))
  const cesq: [string, Values][] = [
    ['+CESQ: 99,99,255,255,20,80', { rsrqDb: -10, rsrpDbm: -61 }],
    ['+CESQ: 99,99,95,40,255,255', { rscpDbm: -26, ecioDb: -4.5 }],
    ['+CESQ:10,6,255,255,255,255', { rssiDbm: -101 }],
    ['+CESQ: 99,99,255,255,255,255', { deaf: true }],
    ['+CESQ: 0,0,0,0,0,0', { rsrpDbm: -141, rsrqDb: -20, rssiDbm: -111, rscpDbm: -121, ecioDb: -24.5 }],
    ['+CESQ: 63,7,96,49,34,97', { rsrpDbm: -44, rsrqDb: -3, rssiDbm: -48, rscpDbm: -25, ecioDb: 0 }],
    ['+CESQ: 64,7,97,50,35,98', {}],
    ['+CESQ: 99,99,255,255,255,255,65,70,60', { rsrpDbm: -87, rsrqDb: -11, sinrDb: 6.5 }],
    ['+CESQ: 99,99,255,255,255,255,255,255,255', { deaf: true }],
    ['+CESQ: 99,99,255,255,20', {}],
  ]
  eachLine(t, 'cesq', cesq, (line, wanted) => t.same(values(parseCesq([line])), wanted, line))
  const hcsq: [string, Values][] = [
    ['^HCSQ:"LTE",30,19,66,0', { rat: 'lte', rssiDbm: -91, rsrpDbm: -122, sinrDb: -7, rsrqDb: -20 }],
    ['^HCSQ: "WCDMA",30,30,58', { rat: 'umts', rssiDbm: -91, rscpDbm: -91, ecioDb: -3.5 }],
    ['^HCSQ: "GSM",36,255', { rat: 'gsm', rssiDbm: -85 }],
    ['^HCSQ: LTE,33,40,135,11', { rat: 'lte', rssiDbm: -88, rsrpDbm: -101, sinrDb: 6.8, rsrqDb: -14.5 }],
    ['^HCSQ: "NOSERVICE"', { deaf: true }],
    ['^HCSQ: "LTE",0,0,0,0', { rat: 'lte', rssiDbm: -121, rsrpDbm: -141, sinrDb: -20.2, rsrqDb: -20 }],
    ['^HCSQ: "LTE",96,97,251,34', { rat: 'lte', rssiDbm: -25, rsrpDbm: -44, sinrDb: 30, rsrqDb: -3 }],
    ['^HCSQ: "LTE",97,98,252,35', { rat: 'lte' }],
    ['^HCSQ: "LTE",255,255,255,255', { rat: 'lte' }],
  ]
  eachLine(t, 'hcsq', hcsq, (line, wanted) => t.same(values(parseHcsq([line])), wanted, line))
  for (const rubbish of [[], ['+CSQ: '], ['+CSQ: "17",x'], ['+CESQ: a,b,c,d,e,f'], ['^HCSQ: ']])
    for (const parse of [parseCsq, parseCesq, parseHcsq])
      t.same(values(parse(rubbish)), {}, `${parse.name} of ${rubbish.join()}`)
})

t.test('+QENG, whose SINR a firmware prints as it likes', async (t) => {
  const rows: [string, object][] = [
    [
      '+QENG: "servingcell","NOCONN","LTE","FDD",310,260,1452808,315,5035,12,2,2,3AFD,-104,-11,-78,12,20',
      {
        rat: 'lte',
        rsrpDbm: -104,
        rsrqDb: -11,
        rssiDbm: -78,
        sinrDb: 12,
        band: '12',
        cellId: '21309448',
        pci: 315,
        plmn: '310260',
        bandwidthMhz: 5,
      },
    ],
    [
      '+QENG: "servingcell","NOCONN","LTE","FDD",302,610,844D92A,248,900,2,5,5,D6E7,-89,-8,-61,17,38',
      {
        rat: 'lte',
        rsrpDbm: -89,
        rsrqDb: -8,
        rssiDbm: -61,
        sinrDb: 17,
        band: '2',
        cellId: '138729770',
        pci: 248,
        plmn: '302610',
        bandwidthMhz: 20,
      },
    ],
    [
      '+QENG: "servingcell","NOCONN","LTE","FDD",440,10,950FE00,43,6100,19,3,3,909A,-71,-5,-47,30,-',
      {
        rat: 'lte',
        rsrpDbm: -71,
        rsrqDb: -5,
        rssiDbm: -47,
        sinrDb: 30,
        band: '19',
        cellId: '156302848',
        pci: 43,
        plmn: '44010',
        bandwidthMhz: 10,
      },
    ],
    ['+QENG: "servingcell","SEARCH"', { rat: null, deaf: true, rsrpDbm: null, band: null, cellId: null }],
    [
      '+QENG: "servingcell","LIMSRV","LTE",208,1,2A3E124,43,3025,7,5,5,E02E,-120,-18,-90,-5,-',
      { rat: 'lte', rsrpDbm: -120, rsrqDb: -18, sinrDb: -5, plmn: '20801', band: '7' },
    ],
    [
      '+QENG: "servingcell","NOCONN","WCDMA",460,01,D5D6,54FB5,10713,191,0,-72,0,255,255,255,255,255',
      { rat: 'umts', rsrpDbm: null, deaf: false },
    ],
    [
      '+QENG: "servingcell","NOCONN","NR5G-SA","TDD",310,260,18666712F,335,794E00,516270,41,12,-75,-11,5,1,-',
      {
        rat: 'nr',
        rsrpDbm: -75,
        rsrqDb: -11,
        sinrDb: 5,
        rssiDbm: null,
        cellId: '6549827887',
        pci: 335,
        band: 'n41',
      },
    ],
  ]
  eachLine(t, 'qeng', rows, (line, wanted) => t.match(parseQeng([line], 'auto'), wanted, line))
  const lte = (rsrq: string, sinr: string) =>
    `+QENG: "servingcell","NOCONN","LTE","FDD",310,260,1452808,315,5035,12,2,2,3AFD,-104,${rsrq},-78,${sinr},20`
  const sinrs: [SinrScale, string, string, number | null][] = [
    ['db', '-11', '12', 12],
    ['db', '-11', '150', null],
    ['db', '-', '12', 12],
    ['x0.2-20', '-11', '12', -17.6],
    ['x0.2-20', '-11', '150', 10],
    ['x0.2-20', '-11', '251', null],
    ['x0.2-20', '-11', '-5', null],
    ['auto', '-11', '-5', -5],
    ['auto', '-11', '12', 12],
    ['auto', '-20', '40', 40],
    ['auto', '-21', '12', null],
    ['auto', '-', '12', null],
    ['auto', '12', '12', null],
    ['auto', '-', '150', 10],
    ['auto', '-11', '251', null],
    ['auto', '-11', '-', null],
  ]
  for (const [scale, rsrq, sinr, wanted] of sinrs)
    t.equal(parseQeng([lte(rsrq, sinr)], scale).sinrDb, wanted, `${scale}: ${sinr} with an RSRQ of ${rsrq}`)
  const bandwidths = [1.4, 3, 5, 10, 15, 20, null]
  for (const [i, wanted] of bandwidths.entries())
    t.equal(parseQeng([lte('-11', '12').replace(',2,2,', `,2,${i},`)], 'auto').bandwidthMhz, wanted)
})

t.test('registrations', async (t) => {
  const states: [number, Registration, boolean][] = [
    [0, 'not-registered', false],
    [1, 'home', false],
    [2, 'searching', false],
    [3, 'denied', false],
    [4, 'unknown', false],
    [5, 'roaming', false],
    [6, 'home', true],
    [7, 'roaming', true],
    [8, 'not-registered', false],
    [9, 'home', false],
    [10, 'roaming', false],
    [11, 'not-registered', false],
  ]
  for (const name of REGISTRATIONS)
    for (const [stat, registration, smsOnly] of states)
      t.match(parseRegistration([`${name}: 2,${stat}`], name), { registration, smsOnly }, `${name} ${stat}`)
  const rows: [string, object | null][] = [
    ['+CREG: 2,1,"8BE3","00002B5D"', { registration: 'home', cellId: '11101', rat: null }],
    ['+CEREG: 2,1, 1F00, 79D903 ,7', { registration: 'home', cellId: '7985411', rat: 'lte' }],
    ['+CREG: 2,6,"8B37","0A265185",7', { registration: 'home', smsOnly: true, cellId: '170283397' }],
    ['+C5GREG: 2,1,1F00,79D903,11,6,ABCDEF', { registration: 'home', cellId: '7985411', rat: 'nr' }],
    ['+CREG: 11,"33FE","a3fb477"', null],
  ]
  const nameOf = (line: string): RegistrationName =>
    REGISTRATIONS.find((name) => line.startsWith(`${name}:`)) ?? '+CREG'
  eachLine(t, 'registration', rows, (line, wanted) =>
    wanted === null
      ? t.equal(parseRegistration([line], nameOf(line)), null, line)
      : t.match(parseRegistration([line], nameOf(line)), wanted, line),
  )
  const mixed = [
    '+CEREG: 5',
    '+CEREG: 3,"1F00","79D903",7',
    '+CEREG: 2,1,"E02E","2A3E124",7',
    '+CEREG: 1,1F00,79D903',
  ]
  t.match(parseRegistration(mixed, '+CEREG'), { registration: 'home', cellId: '44294436' }, 'only the answer')
  t.equal(parseRegistration(['+CEREG: 2,12'], '+CEREG'), null, 'no such state')
  t.same([0, 2, 3, 7, 9, 10, 11, 12, 13, 14, null].map(ratOfAct), [
    'gsm',
    'umts',
    'gsm',
    'lte',
    'lte',
    'lte',
    'nr',
    'nr',
    'lte',
    null,
    null,
  ])
})

t.test('one registration of four', async (t) => {
  /** In the order of the questions: 5G, 4G, 2G and 3G data, voice; a dash is a refused question. */
  const rows: [string, Registration][] = [
    ['- 1 0 1', 'home'],
    ['- 4 1 1', 'home'],
    ['1 4 4 0', 'home'],
    ['- 3 0 1', 'denied'],
    ['- 2 0 1', 'searching'],
    ['- 0 5 5', 'roaming'],
    ['- 0 0 1', 'home'],
    ['- - - 1', 'home'],
    ['- - - 3', 'denied'],
    ['- 0 0 0', 'not-registered'],
    ['- 4 4 4', 'unknown'],
    ['- - - -', 'unknown'],
  ]
  for (const [stats, wanted] of rows) {
    const said = stats
      .split(' ')
      .map((stat, i) => parseRegistration([`${REGISTRATIONS[i]}: 2,${stat}`], REGISTRATIONS[i] ?? '+CREG'))
    t.equal(settleRegistration(said).registration, wanted, stats)
  }
})

t.test('operator, SIM and session', async (t) => {
  t.same(parseOperator(fixture('cops')), { operator: null, plmn: '46000', rat: 'lte' })
  t.same(parseOperator(['+COPS: 0,0,"Orange F",2']), { operator: 'Orange F', plmn: null, rat: 'umts' })
  t.same(parseOperator(['+COPS: 0,0,"20801",7']), { operator: null, plmn: '20801', rat: 'lte' })
  t.match(parseOperator(['+COPS: 0,0,"004F00720061006E00670065",7']), { operator: 'Orange' })
  t.same(parseOperator(['+COPS: 0']), { operator: null, plmn: null, rat: null })
  const sims: [string, string][] = [
    ['+CPIN: READY', 'ready'],
    ['+CPIN:SIM PIN', 'locked'],
    ['+CPIN: SIM PUK', 'locked'],
    ['+CPIN: PH-NET PIN', 'locked'],
    ['+CPIN: PH-SIM PIN', 'locked'],
    ['+CPIN: NOT READY', 'unknown'],
    ['+CME ERROR: 10', 'absent'],
    ['+CME ERROR: SIM failure', 'invalid'],
    ['+CME ERROR: 15', 'invalid'],
    ['+CME ERROR: 11', 'locked'],
    ['ERROR', 'unknown'],
  ]
  for (const [line, wanted] of sims)
    t.equal(parseSim(parseAtAnswer('AT+CPIN?', isFinal(line) ? [line] : [line, 'OK'])), wanted, line)
  t.equal(TRIES['AT+CPINR'](['+CPINR: SIM PUK,10,10', '+CPINR: SIM PIN,3,3']), 3)
  t.equal(TRIES['AT^CPIN?'](['^CPIN: READY,10,10,3,6,0']), 3)
  t.equal(TRIES['AT+QPINC?'](['+QPINC: "P2",3,10', '+QPINC: "SC",2,10']), 2)
  for (const parse of Object.values(TRIES)) t.equal(parse(['+CPINR: SIM PUK,10', '+QPINC: "SC",x']), null)
  t.same([[], ['+CGATT: 1'], ['+CGATT:0'], ['+CGATT: 2']].map(parseAttached), [null, true, false, null])
  const contexts = ['+CGACT: 1,0', '+CGACT: 2,1']
  t.same(
    [null, 1, 2, 3].map((cid) => parseActive(contexts, cid)),
    ['connected', 'disconnected', 'connected', 'disconnected'],
  )
  t.equal(parseActive(['+CGACT: x,1'], null), 'unknown')
  const addresses = ['+CGPADDR: 1,"0.0.0.0"', '+CGPADDR: 2,10.1.2.3', '+CGPADDR: 3,"0.0.0.0","2001:db8::1"']
  t.same(
    [1, 2, 3, null].map((cid) => parseAddressed(addresses, cid)),
    ['disconnected', 'connected', 'connected', 'connected'],
  )
})

t.test('messages as modems take them', async (t) => {
  const vectors: [string, string, string, number][] = [
    ['dreamfabric.com, "SMS and the PDU format"', '+46708251358', 'hellohello', 0xaa],
    ['ModemManager, test_create_pdu_ucs2_no_smsc', '+15555551234', 'Да здравствует король, детка!', 0],
    [
      'ModemManager, test_create_pdu_gsm_no_smsc',
      '+15555551234',
      'Hi there...Tue 17th Jan 2012 05:30.18 pm (GMT+1) ΔΔΔΔΔ',
      0,
    ],
    ['ModemManager, test_create_pdu_gsm_3', '+15556661234', 'This is really cool ΔΔΔΔΔ', 0],
  ]
  const wanted = [
    '0011000B916407281553F80000AA0AE8329BFD4697D9EC37',
    '0011000B915155551532F40008003A04140430002004370434044004300432044104420432044304350442' +
      '0020043A043E0440043E043B044C002C0020043404350442043A04300021',
    '0011000B915155551532F400000036C834888E2ECBCB2E978B5A2F8362373A1AA40CBB4132584C0682D57433982B8603C1DB20D4B1495DC5' +
      '52200804028100',
    '0011000B915155661632F40000001954747A0E4ACF41F27298CDCE83C6EF371B0481402010',
  ]
  for (const [i, [source, to, text, validity]] of vectors.entries())
    t.same(
      encodeSms({ to, text }, { reference: 0, validity }),
      [{ hex: wanted[i], length: (wanted[i] ?? '').length / 2 - 1 }],
      source,
    )
  const parts = (text: string): number => encodeSms({ to: '+33612345678', text }, { reference: 7 }).length
  const counts: [string, number][] = [
    ['x'.repeat(160), 1],
    ['x'.repeat(161), 2],
    ['x'.repeat(306), 2],
    ['x'.repeat(307), 3],
    ['€'.repeat(80), 1],
    ['€'.repeat(81), 2],
    ['你'.repeat(70), 1],
    ['你'.repeat(71), 2],
    ['😀'.repeat(35), 1],
    ['😀'.repeat(67), 3],
  ]
  for (const [text, count] of counts)
    t.equal(parts(text), count, `${text.slice(0, 2)} …, ${text.length} units`)
})

/** A modem that answers by a list, and what it was asked. */
const scripted = (answers: Readonly<Record<string, readonly string[]>>) => {
  const asked: string[] = []
  const ask: SerialLine['ask'] = async (command) => {
    asked.push(command)
    const answer = answers[command] ?? (/^ATE0$|=\d|CSCS/.test(command) ? ['OK'] : ['ERROR'])
    if (answer.length === 0) throw new InfraError('serial-timeout', 'no answer')
    return answer
  }
  return { asked, serial: () => ({ ask, close() {} }) }
}

const transcript = (name: string): Record<string, string[]> => {
  const answers: Record<string, string[]> = {
    'AT+CGACT?': ['ERROR'],
    'AT+CESQ': ['ERROR'],
    'AT+CSQ': ['ERROR'],
  }
  let command = ''
  for (const line of fixture(name))
    if (line.startsWith('> ')) answers[(command = line.slice(2))] = []
    else answers[command]?.push(line)
  return answers
}

const readScripted = (answers: Readonly<Record<string, readonly string[]>>) =>
  at.create({ address: '/dev/ttyUSB2' }, { ...scripted(answers), clock: fakeClock() }).read()

t.test('readings put together', async (t) => {
  t.match(await readScripted(transcript('quectel-en-dc.synthetic')), {
    state: {
      state: 'online',
      rat: 'lte',
      registration: 'roaming',
      operator: 'T-Mobile',
      plmn: '310260',
      band: '2',
      cellId: '24520713',
      pci: 322,
    },
    numbers: { rsrpDbm: -88, rsrqDb: -18, rssiDbm: -51, sinrDb: 16 },
  })
  t.match(await readScripted(transcript('umts.synthetic')), {
    state: {
      state: 'online',
      rat: 'umts',
      registration: 'home',
      operator: null,
      plmn: '20801',
      cellId: '635921',
    },
    numbers: { rsrpDbm: null, rsrqDb: null, rssiDbm: -91, sinrDb: null },
  })
})

t.test('what is left of earlier is not believed', async (t) => {
  const base = transcript('quectel-en-dc.synthetic')
  const NONE = { rsrpDbm: null, rsrqDb: null, rssiDbm: null, sinrDb: null }
  const DEAF = { 'AT+CSQ': ['+CSQ: 99,99', 'OK'], 'AT+CESQ': ['+CESQ: 99,99,255,255,255,255', 'OK'] }
  const SEARCHING = { 'AT+CEREG?': ['+CEREG: 2,2', 'OK'] }
  const SA = {
    'AT+QENG="servingcell"': [...fixture('qeng.synthetic').slice(3), 'OK'],
    'AT+C5GREG?': ['+C5GREG: 2,1,"794E00","18666712F",11', 'OK'],
  }
  const rows: [string, Record<string, string[]>, object][] = [
    [
      'both standard questions know nothing',
      DEAF,
      { state: { state: 'searching', cause: /no signal, though/ }, numbers: NONE },
    ],
    [
      'no RSSI and no network',
      { 'AT+CSQ': DEAF['AT+CSQ'], ...SEARCHING },
      { state: { state: 'searching' }, numbers: NONE },
    ],
    [
      'no RSSI alone',
      { 'AT+CSQ': DEAF['AT+CSQ'] },
      { state: { state: 'online' }, numbers: { rsrpDbm: -88, rssiDbm: -51 } },
    ],
    [
      'no network alone',
      SEARCHING,
      { state: { state: 'searching', rat: null, operator: null }, numbers: { rsrpDbm: -88 } },
    ],
    [
      '5G alone, of which they never know',
      { ...DEAF, ...SA },
      { state: { state: 'online', rat: 'nr', band: 'n41' }, numbers: { rsrpDbm: -75 } },
    ],
    [
      'no session',
      { 'AT+CGACT?': ['+CGACT: 1,0', 'OK'] },
      { state: { state: 'no-data', cause: 'disconnected' } },
    ],
    [
      'no RSSI, and no service by the maker’s own question',
      {
        'AT+CSQ': DEAF['AT+CSQ'],
        'AT+CESQ': ['ERROR'],
        'AT+QENG="servingcell"': ['ERROR'],
        'AT^HCSQ?': ['^HCSQ: "NOSERVICE"', 'OK'],
      },
      { state: { state: 'searching', cause: /no signal, though/ }, numbers: NONE },
    ],
    [
      'no value at all, by a modem that does not know the better questions',
      { 'AT+CSQ': DEAF['AT+CSQ'], 'AT+CESQ': ['ERROR'], 'AT+QENG="servingcell"': ['ERROR'] },
      { state: { state: 'online', cause: /no signal values/ }, numbers: NONE },
    ],
    [
      'not attached',
      { 'AT+CGATT?': ['+CGATT: 0', 'OK'] },
      { state: { state: 'no-data', cause: /not attached/ } },
    ],
    [
      'SMS only',
      { 'AT+CEREG?': ['+CEREG: 2,6', 'OK'] },
      { state: { state: 'no-data', cause: /short messages/, registration: 'home' } },
    ],
    [
      'nobody says whether there is a session',
      { 'AT+CGACT?': ['ERROR'], 'AT+CGPADDR': ['ERROR'] },
      { state: { state: 'unknown' } },
    ],
    [
      'an answer to something else',
      { 'AT+CSQ': ['+CPIN: READY', 'OK'] },
      { state: { state: 'unknown', cause: /AT\+CSQ with something else/ }, numbers: NONE },
    ],
  ]
  for (const [what, change, wanted] of rows) t.match(await readScripted({ ...base, ...change }), wanted, what)
})

const plugIn = (options: Partial<SimulatedAtOptions> = {}, config: Partial<AtConfig> = {}) => {
  const clock = fakeClock()
  const device = simulatedAt({ clock, ...options })
  const modem = at.create({ address: '/dev/ttyUSB2', ...config }, { serial: device.serial, clock })
  return { clock, device, modem, asked: (command: string) => device.asked().get(command) ?? 0 }
}

const inTime = async <T>(clock: FakeClock, promise: Promise<T>, by: DurationMs = seconds(4)): Promise<T> => {
  const settled = promise.then(
    (value) => () => value,
    (error: unknown) => () => {
      throw error
    },
  )
  await settle()
  await clock.advance(by)
  return (await settled)()
}

t.test('a modem is asked once for what it does not have', async (t) => {
  const { clock, device, modem, asked } = plugIn()
  for (let i = 0; i < 5; i++) await modem.read()
  t.same(['AT^HCSQ?', 'AT+QENG="servingcell"', 'AT+C5GREG?', 'AT+CSQ'].map(asked), [1, 1, 1, 5])
  t.equal(asked('ATE0'), 1, 'and told its habits once')
  await modem.reconnect()
  await modem.read()
  t.equal(asked('AT^HCSQ?'), 2, 'again after a reconnect')
  await modem.reboot()
  await clock.advance(seconds(60))
  await modem.read()
  t.same([asked('AT^HCSQ?'), asked('ATE0')], [3, 2], 'again after a reboot')
  device.setSim('locked')
  device.reboot()
  await modem.read()
  await clock.advance(seconds(60))
  for (let i = 0; i < 3; i++) await modem.read()
  t.equal(asked('AT^HCSQ?'), 6, 'a modem whose SIM is not ready is asked each time')
})

t.test('a question that a modem never answers costs two readings, not all', async (t) => {
  const { clock, device, modem } = plugIn()
  device.setAnswers((text, command) => (command === 'AT+C5GREG?' ? '' : text))
  const states: string[] = []
  for (let i = 0; i < 4; i++) states.push((await inTime(clock, modem.read())).state.state)
  t.same(states, ['unreachable', 'unreachable', 'online', 'online'])
  await clock.advance(minutes(11))
  t.equal((await inTime(clock, modem.read())).state.state, 'unreachable', 'after a while it is asked again')
})

t.test('reconnecting', async (t) => {
  const { device, modem, asked } = plugIn()
  const healthy = await modem.read()
  device.setConnection('disconnected')
  t.equal((await modem.read()).state.state, 'no-data')
  await modem.reconnect()
  t.same(await modem.read(), healthy)
  t.same([asked('AT+CGATT=0'), asked('AT+CGATT=1'), asked('AT+CGACT=1,1')], [1, 1, 0])
  device.setAnswers((text, command) => (command === 'AT+CGATT=0' ? '\r\n+CME ERROR: 3\r\n' : text))
  device.setConnection('disconnected')
  await modem.reconnect()
  t.same([asked('AT+CGACT=0,1'), asked('AT+CGACT=1,1')], [1, 1], 'by its context where it cannot be detached')
  device.setAnswers('whole')
  device.setRadio(null)
  await t.rejects(modem.reconnect(), { code: 'modem-refused', message: /\+CME ERROR: 30/ })
  device.power(false)
  await t.rejects(modem.reconnect(), { code: 'modem-unreachable' })
})

t.test('whoever reads while something takes long is told so at once', async (t) => {
  const { clock, device, modem } = plugIn()
  device.setAnswers((text, command) => (command === 'AT+CGATT=1' ? '' : text))
  const reconnecting = t.rejects(inTime(clock, modem.reconnect(), seconds(120)), {
    code: 'modem-unreachable',
  })
  const reading = await modem.read()
  t.match(reading, {
    state: { state: 'busy', cause: 'the modem is being reconnected' },
    numbers: { rsrpDbm: null },
  })
  await reconnecting
  device.setAnswers('whole')
  t.equal((await modem.read()).state.state, 'online')
})

t.test('a reboot: no port, then no radio, then as before', async (t) => {
  const { clock, device, modem } = plugIn()
  const healthy = await modem.read()
  await modem.reboot()
  t.match(await modem.read(), { state: { state: 'unreachable' }, numbers: { rsrpDbm: null } })
  await clock.advance(seconds(10))
  t.match(await modem.read(), { state: { state: 'searching', sim: 'ready' }, numbers: { rsrpDbm: null } })
  await clock.advance(seconds(30))
  t.same(await modem.read(), healthy)
  device.power(false)
  await t.rejects(modem.reboot(), { code: 'modem-unreachable' })
})

t.test('sending messages', async (t) => {
  const { device, modem, asked } = plugIn({ unsolicited: ['+CMTI: "SM",3', 'RING'] })
  const texts = [
    '4G is down',
    'Ça coûte 3 € [à peu près]',
    '你好, 😀',
    'a long one. '.repeat(40),
    'Длинное '.repeat(30),
  ]
  for (const text of texts) await modem.sendSms({ to: '+33612345678', text })
  t.same(
    device.sent(),
    texts.map((text, i) => ({ to: '+33612345678', text, parts: [1, 1, 1, 4, 4][i] })),
  )
  for (const to of ['0612345678', '+33 6 12', '+0612345678', '+3361234567890123', '+336"\rATZ', ''])
    await t.rejects(modem.sendSms({ to, text: 'x' }), { code: 'modem-refused', message: /number/ }, to)
  await t.rejects(modem.sendSms({ to: '+33612345678', text: ' ' }), { code: 'modem-refused' })
  await t.rejects(modem.sendSms({ to: '+33612345678', text: 'x'.repeat(2000) }), {
    code: 'modem-refused',
    message: /14 messages/,
  })
  const before = device.sent().length
  device.setConnection('denied')
  await t.rejects(modem.sendSms({ to: '+33612345678', text: 'x' }), {
    code: 'modem-refused',
    message: /331/,
  })
  device.setConnection('connected')
  t.equal(device.sent().length, before)
  t.equal(asked('AT+CMGF=0'), texts.length + 1, 'what is refused here does not reach the modem')
})

t.test('a modem that leaves a message half taken is freed of it', async (t) => {
  const { clock, device, modem } = plugIn()
  const sms = { to: '+33612345678', text: 'x' }
  device.setAnswers((text, command) => (command.startsWith('AT+CMGS') ? '\r\n' : text))
  await t.rejects(inTime(clock, modem.sendSms(sms), seconds(90)), {
    code: 'modem-unreachable',
  })
  device.setAnswers('whole')
  t.equal((await modem.read()).state.state, 'online')
  device.setAnswers((text, command) => (command.endsWith('\x1A') ? '' : text))
  await t.rejects(inTime(clock, modem.sendSms({ ...sms, text: 'x'.repeat(200) }), seconds(90)), {
    code: 'modem-unreachable',
    message: /part 1 of 2/,
  })
  device.setAnswers('whole')
  t.equal((await modem.read()).state.state, 'online')
})

t.test('a modem that another process left waiting for a text is freed of it', async (t) => {
  const { clock, device, modem } = plugIn()
  device.talker.hear('AT+CMGF=0\rAT+CMGS=20\r')
  t.equal((await inTime(clock, modem.read())).state.state, 'unreachable')
  t.equal((await modem.read()).state.state, 'online')
  t.same(device.sent(), [])
})

for (const dialect of ['generic', 'huawei', 'quectel'] as const)
  t.test(`a PIN is tried once, and never when a person might need the try (${dialect})`, async (t) => {
    const locked = (pinTries = 3) => {
      const plugged = plugIn({ dialect, pin: '4321' })
      plugged.device.setSim('locked')
      plugged.device.card.pinTries = pinTries
      return plugged
    }
    const right = locked()
    t.match(await right.modem.read(), { state: { state: 'sim-locked' } })
    await right.modem.simUnlock('4321')
    t.match(await right.modem.read(), { state: { state: 'online' } })
    await right.modem.simUnlock('0000')
    t.equal(right.asked('AT+CPIN="0000"'), 0, 'an open SIM is not given anything')

    const wrong = locked()
    const error: unknown = await wrong.modem.simUnlock('1111').catch((e: unknown) => e)
    t.match(error, { code: 'modem-auth', message: /tries left: 2/ })
    t.notMatch(String(error), /1111/)
    await t.rejects(wrong.modem.simUnlock('1111'), { code: 'modem-auth' })
    await t.rejects(wrong.modem.simUnlock('4321'), { code: 'modem-refused', message: /tries left: 2/ })
    t.same(
      [wrong.device.card.pinTries, wrong.asked('AT+CPIN="1111"'), wrong.asked('AT+CPIN="4321"')],
      [2, 1, 0],
    )

    for (const tries of [0, 1, 2]) {
      const few = locked(tries)
      await t.rejects(few.modem.simUnlock('4321'), { code: 'modem-refused' }, `${tries} tries`)
      t.equal(few.asked('AT+CPIN="4321"'), 0)
    }
    const mute = locked()
    mute.device.setAnswers((text, command) => (/CPINR|\^CPIN|QPINC/.test(command) ? '\r\nERROR\r\n' : text))
    await t.rejects(mute.modem.simUnlock('4321'), { code: 'modem-refused', message: /does not say/ })
    for (const pin of ['', '12', '123456789', '12"4', '1234\r'])
      await t.rejects(locked().modem.simUnlock(pin), { code: 'modem-refused', message: /four to eight/ })
  })
