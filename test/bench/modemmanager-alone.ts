import { eventually } from '../src/helpers/eventually.ts'
import { modemOnSocket } from '../src/helpers/modem-on-socket.ts'
import { needModemManager, startModemManager } from '../src/helpers/modemmanager.ts'
import { CannotBeHad } from '../src/helpers/real-server.ts'

const IMEI = '353918052345677'
/** It asks every 30 s by itself. */
const LONGEST_S = 60

export type Alone = { readonly seconds: readonly number[]; readonly why: string | null }

/** Seconds until a real ModemManager by itself says of a simulated AT modem that its signal is gone. */
export const modemManagerAlone = async (runs: number): Promise<Alone> => {
  try {
    needModemManager()
  } catch (error) {
    if (!(error instanceof CannotBeHad)) throw error
    return { seconds: [], why: error.message }
  }
  const ends: (() => unknown)[] = []
  const t = { teardown: (end: () => unknown) => void ends.push(end) }
  try {
    return { seconds: await lossesSeen(t, runs), why: null }
  } finally {
    for (const end of ends.toReversed()) await end()
  }
}

const lossesSeen = async (t: { teardown(end: () => unknown): void }, runs: number): Promise<number[]> => {
  const mm = await startModemManager(t)
  const device = await modemOnSocket(t, { imei: IMEI })
  const mmcli = (...args: readonly string[]): Promise<string> => mm.exec('mmcli', args)
  const shows = (words: string) => async (): Promise<boolean> =>
    (await mmcli('-m', '0', '-J')).includes(words)
  await mm.take('alone', device.ports)
  await eventually('the modem', async () => (await mmcli('-L', '-J')).includes('/Modem/0'), LONGEST_S)
  await eventually('that it can be enabled', shows('"state":"disabled"'), LONGEST_S)
  await mmcli('-m', '0', '--enable')
  await mmcli('-m', '0', '--signal-setup=2')
  const seconds: number[] = []
  for (let run = 0; run < runs; run++) {
    device.setSignal({ rsrp: 38, rsrq: 20 })
    await eventually('its signal', shows('"signal-quality":{"recent":"yes","value":"54"}'), LONGEST_S)
    device.setSignal(null)
    const begun = performance.now()
    await eventually('that it is gone', shows('"signal-quality":{"recent":"yes","value":"0"}'), LONGEST_S)
    seconds.push((performance.now() - begun) / 1000)
  }
  return seconds
}
