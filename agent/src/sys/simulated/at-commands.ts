import { hasService, type ModemWorld } from './modem-world.ts'
import { type AtInside, errorLine } from './at-state.ts'
import { cesq, csq, hcsq, qeng } from './at-radio.ts'
import { givePin, pinAnswer, triesAnswer } from './at-card.ts'

/** What is said to a command; null: this dialect does not know it. */
type Answer = (match: RegExpExecArray, inside: AtInside) => readonly string[] | null

const OK = ['OK'] as const
const say = (line: string): readonly string[] => [line, 'OK']

/** TS 27.007 and TS 27.005, then what Huawei and Quectel have of their own. */
export const COMMANDS: readonly (readonly [RegExp, Answer])[] = [
  [/^AT$|^AT\+CSCS=|^AT\+C(?:5G|G|E)?REG=\d$/, () => OK],
  [/^ATE([01])$/, (match, { state }) => set(() => (state.echo = match[1] === '1'))],
  [/^AT\+CMEE=([012])$/, (match, { state }) => set(() => (state.errors = Number(match[1])))],
  [/^AT\+CPIN\?$/, (_, inside) => pinAnswer(inside)],
  [/^AT\+CPIN="(\d*)"$/, (match, inside) => givePin(inside, match[1] ?? '')],
  [/^AT(\+CPINR|\^CPIN\?|\+QPINC\?)$/, (match, inside) => triesAnswer(inside, match[1] ?? '')],
  [/^AT\+CSQ$/, (_, { world }) => say(csq(world().radio))],
  [/^AT\+CESQ$/, (_, { world, dialect }) => (dialect === 'huawei' ? null : say(cesq(world().radio)))],
  [/^AT\^HCSQ\?$/, (_, { world, dialect }) => (dialect === 'huawei' ? say(hcsq(world().radio)) : null)],
  [/^AT\+QENG="servingcell"$/, (_, inside) => (inside.dialect === 'quectel' ? say(qeng(inside)) : null)],
  [/^AT(\+C[GE]?REG)\?$/, (match, { world }) => say(registration(match[1] ?? '', world()))],
  [/^AT\+COPS=3,([02])$/, (match, { state }) => set(() => (state.operatorFormat = Number(match[1])))],
  [/^AT\+COPS\?$/, (_, inside) => say(operator(inside))],
  [/^AT\+CGATT\?$/, (_, { world }) => say(`+CGATT: ${hasService(world()) ? 1 : 0}`)],
  [
    /^AT\+CGATT=([01])$|^AT\+CGACT=([01]),1$/,
    (match, inside) => connect(inside, (match[1] ?? match[2]) === '1'),
  ],
  [/^AT\+CGACT\?$/, (_, { world }) => say(`+CGACT: 1,${isConnected(world()) ? 1 : 0}`)],
  [
    /^AT\+CGPADDR(?:=1)?$/,
    (_, { world }) => say(`+CGPADDR: 1,"${isConnected(world()) ? '10.23.45.67' : '0.0.0.0'}"`),
  ],
  [/^AT\+CMGF=0$/, (_, { state }) => set(() => (state.pduMode = true))],
  [/^AT\+CMGS=(\d{1,3})$/, (match, inside) => awaitText(inside, Number(match[1]))],
  [/^AT\+CFUN=1,1$/, (_, { restart }) => set(restart)],
]

const set = (change: () => void): readonly string[] => {
  change()
  return OK
}

const isConnected = (world: ModemWorld): boolean => hasService(world) && world.connection === 'connected'

/** Area E02E and the cell of the world, on LTE: everything but voice has the cell. */
const registration = (name: string, world: ModemWorld): string => {
  if (hasService(world)) {
    const cell = Number(world.radio?.cellId ?? 0)
      .toString(16)
      .toUpperCase()
    return `${name}: 2,${world.roaming ? 5 : 1},"E02E","${cell}",7`
  }
  if (world.sim !== 'ready') return `${name}: 2,0`
  return `${name}: 2,${world.connection === 'denied' && world.radio !== null ? 3 : 2}`
}

const operator = ({ world, state }: AtInside): string => {
  const { operator: name, plmn } = world()
  if (!hasService(world())) return '+COPS: 0'
  return `+COPS: 0,${state.operatorFormat},"${state.operatorFormat === 2 ? plmn : name}",7`
}

/** The context follows the packet service, as that of LTE does. */
const connect = ({ world, change, state }: AtInside, on: boolean): readonly string[] => {
  if (world().radio === null || world().sim !== 'ready') return [errorLine(state, 30)]
  if (world().connection !== 'denied') change({ connection: on ? 'connected' : 'disconnected' })
  return OK
}

const awaitText = ({ world, state }: AtInside, length: number): readonly string[] => {
  if (!state.pduMode) return ['+CMS ERROR: 302']
  if (world().sim !== 'ready') return ['+CMS ERROR: 310']
  if (!hasService(world())) return ['+CMS ERROR: 331']
  state.awaiting = length
  return ['>']
}
