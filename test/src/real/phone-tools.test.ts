// The commands of the phones' drivers under Android's own shell and tools, mksh and toybox, by the agent's real way to run programs.
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { android } from '@infra-home/agent/modems/android.ts'
import type { Modem, ModemReading } from '@infra-home/agent/modems/modem.ts'
import { termux } from '@infra-home/agent/modems/termux.ts'
import { realSys } from '@infra-home/agent/sys/real.ts'
import t, { type Test } from 'tap'
import { eventually } from '../helpers/eventually.ts'
import { ownMs, startTook } from '../helpers/late-ticks.ts'
import { findProgram, needPrograms, orSkip } from '../helpers/real-server.ts'

const FIXTURES = join(import.meta.dirname, '../../fixtures/modems')
const LONGEST_READ_MS = 4000
const NONE = { rsrpDbm: null, rsrqDb: null, sinrDb: null, rssiDbm: null }

/** Says an answer whole or half, or says nothing for ever; Android's runtime does not start where it does not know its folders. */
const SAY = `
[ -n "$ANDROID_ROOT" ] || { echo "app_process: no ANDROID_ROOT" >&2; exit 1; }
case $(cat "$HERE/how") in
  hangs) sleep 600 ;;
  half) cat "$HERE/$1.half" ;;
  *) cat "$HERE/$1.whole" ;;
esac
`
/** As Android does it, a refusal is an answer. */
const DUMPSYS = `
[ "$*" = telephony.registry ] || exit 2
[ -n "$IS_ROOT" ] || { echo "Permission Denial: can't dump telephony.registry from from pid=$$, uid=10123"; exit 0; }
"$HERE/say" registry
`
const SU = `
[ $# = 2 ] && [ "$1" = -c ] || exit 1
IS_ROOT=1 exec "$ANDROIDS_SHELL" -c "$2"
`
/** Takes its options as Termux's own does, and a text by standard input alone. */
const SEND = `
while getopts :n:s: option; do
  case $option in
    n) to=$OPTARG ;;
    s) slot=$OPTARG ;;
    *) echo "illegal option"; exit 1 ;;
  esac
done
shift $(( OPTIND - 1 ))
[ $# = 0 ] || { echo "the text is an argument"; exit 1; }
[ ! -e "$HERE/refusal" ] || { cat "$HERE/refusal"; exit 0; }
cat > "$HERE/text"
print -r -- "$to $slot" > "$HERE/recipient"
`

const phone = (t: Test) => {
  const [mksh, toybox] = [findProgram('mksh') ?? '', findProgram('toybox') ?? '']
  const bin = t.testdir({ state: {} })
  const put = (name: string, text: string): void => writeFileSync(join(bin, name), text)
  const script = (name: string, text: string): void =>
    writeFileSync(join(bin, name), `#!${mksh}\nHERE=${bin}\nANDROIDS_SHELL=${mksh}\n${text}`, { mode: 0o755 })
  for (const tool of ['cat', 'sleep']) symlinkSync(toybox, join(bin, tool))
  script('say', SAY)
  script('dumpsys', DUMPSYS)
  script('su', SU)
  script('getprop', '[ "$*" = gsm.sim.state ] && echo LOADED,ABSENT\n')
  script('termux-telephony-deviceinfo', '"$HERE/say" device\n')
  script('termux-telephony-cellinfo', '"$HERE/say" cells\n')
  script('termux-sms-send', SEND)
  const sys = realSys({
    stateDir: join(bin, 'state'),
    scripts: { inventory: [], renew: [], powerCycle: {}, tether: null },
    environment: { path: bin, notifySocket: null, android: { ANDROID_ROOT: '/system' }, runtimeFolder: null },
  })
  return {
    put,
    kept: (name: string): string => readFileSync(join(bin, name), 'utf8'),
    says: (name: 'registry' | 'device' | 'cells', text: string): void => {
      put(`${name}.whole`, text)
      put(`${name}.half`, text.slice(0, text.length / 2))
    },
    /** What of this phone runs now. */
    running: (): string[] => commandLines().filter((line) => line.includes(bin)),
    android: android.create({}, sys),
    termux: termux.create({ slot: 1 }, sys),
  }
}

const commandLines = (): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
      } catch {
        return '' // it ended meanwhile
      }
    })

const fixture = (name: string): string => readFileSync(join(FIXTURES, name), 'utf8')

/** A reading, which has to come in time. */
const readInTime = async (t: Test, modem: Modem): Promise<ModemReading> => {
  const took = startTook()
  const reading = await modem.read()
  t.ok(ownMs(took()) < LONGEST_READ_MS + 500, 'in time')
  return reading
}

const DUMP = fixture('android/telephony-registry.android14-two-sims.synthetic.txt')
const ANDROID_OK = {
  state: { state: 'online', sim: 'ready', band: '66' },
  numbers: { rsrpDbm: -77, sinrDb: 26 },
}
const TERMUX_OK = { state: { state: 'online', band: '3' }, numbers: { rsrpDbm: -97, rssiDbm: -67 } }

t.test('a phone under mksh and toybox', async (t) => {
  const prepared = await orSkip(t, 'a phone', () => {
    needPrograms({ mksh: 'mksh', toybox: 'toybox' })
    return phone(t)
  })
  if (!prepared) return
  const { android, termux, put, says, kept, running } = prepared
  says('registry', DUMP)
  says('device', fixture('termux/deviceinfo.lte.synthetic.json'))
  says('cells', fixture('termux/cellinfo.lte.synthetic.json'))
  put('how', 'whole')

  await t.test('is read, as root where need be', async (t) => {
    t.match(await readInTime(t, android), ANDROID_OK)
    t.match(await readInTime(t, termux), TERMUX_OK)
  })

  await t.test('that prints half is not believed', async (t) => {
    put('how', 'half')
    t.match(await readInTime(t, termux), { state: { state: 'unknown' }, numbers: NONE })
    says('registry', DUMP.slice(0, DUMP.indexOf('mDataConnectionState')))
    t.match(await readInTime(t, android), { state: { state: 'unknown', cause: /cut off/ }, numbers: NONE })
  })

  await t.test('that hangs is unreachable, and leaves no process behind', async (t) => {
    put('how', 'hangs')
    const readings = Promise.all([readInTime(t, termux), readInTime(t, android)])
    await eventually('both to hang', async () => running().length >= 4)
    for (const reading of await readings) t.match(reading, { state: { state: 'unreachable' }, numbers: NONE })
    await eventually('their end', async () => running().length === 0)
    put('how', 'whole')
    says('registry', DUMP)
    t.match(await readInTime(t, termux), TERMUX_OK)
    t.match(await readInTime(t, android), ANDROID_OK)
  })

  await t.test('sends a message as it was written', async (t) => {
    const text = `-n "50 %" of $HOME is \\c gone\n'\`id\`' – écoute 📵`
    await termux.sendSms?.({ to: '+33612345678', text })
    t.equal(kept('text'), text)
    t.equal(kept('recipient'), '+33612345678 1\n')
    await android.sendSms?.({ to: '+33687654321', text: 'x' })
    t.equal(kept('recipient'), '+33687654321 \n')
    put('refusal', fixture('termux/no-permission.synthetic.json'))
    await t.rejects(termux.sendSms?.({ to: '+33612345678', text }) ?? Promise.resolve(), {
      code: 'modem-refused',
      message: /grant the following permission/,
    })
  })
})
