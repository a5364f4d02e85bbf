import { type AtInside, errorLine } from './at-state.ts'

/** What +CPIN? says of the card. */
export const pinAnswer = ({ world, state, card }: AtInside): readonly string[] => {
  const { sim } = world()
  if (sim === 'absent') return [errorLine(state, 10)]
  if (sim === 'invalid') return [errorLine(state, 13)]
  if (sim === 'ready') return ['+CPIN: READY', 'OK']
  return [`+CPIN: ${card.pinTries > 0 ? 'SIM PIN' : 'SIM PUK'}`, 'OK']
}

/** The right PIN opens the card; the third wrong one in a row locks it. */
export const givePin = ({ world, change, state, card }: AtInside, pin: string): readonly string[] => {
  if (world().sim !== 'locked') return [errorLine(state, 3)]
  if (card.pinTries === 0) return [errorLine(state, 12)]
  if (pin !== card.pin) {
    card.pinTries--
    return [errorLine(state, 16)]
  }
  card.pinTries = 3
  change({ sim: 'ready' })
  return ['+CPIN: READY', 'OK']
}

/** How many tries are left, in the words of the dialect. */
export const triesAnswer = (
  { dialect, card, world, state }: AtInside,
  command: string,
): readonly string[] | null => {
  const { pinTries, pukTries } = card
  if (world().sim === 'absent') return [errorLine(state, 10)]
  if (command === '+CPINR' && dialect === 'generic')
    return [`+CPINR: SIM PIN,${pinTries},3`, `+CPINR: SIM PUK,${pukTries},10`, 'OK']
  if (command === '^CPIN?' && dialect === 'huawei')
    return [`^CPIN: SIM PIN,${pinTries},${pukTries},${pinTries},10,3`, 'OK']
  if (command === '+QPINC?' && dialect === 'quectel')
    return [`+QPINC: "SC",${pinTries},${pukTries}`, '+QPINC: "P2",3,10', 'OK']
  return null
}
