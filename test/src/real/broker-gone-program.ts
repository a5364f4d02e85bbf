// Runs inside a network namespace that the test made, a router's: a coordinator and an agent who talk over somebody else's broker, which dies alone in the
// moment in which a line dies. Prints one JSON line for each thing seen.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { tell } from '../helpers/exec-here.ts'
import { watchLateness } from '../helpers/late-ticks.ts'
import { startMosquitto } from '../helpers/mosquitto.ts'
import { bothUp, LONGEST_RECONNECT, makeHousehold, MQTT } from '../lab/household.ts'
import { startStream } from '../lab/streams.ts'
import { forward, leavesBy, SERVER, tookUntilLeavesBy, wireUplinks } from '../lab/uplinks.ts'
import { startWorld } from '../lab/world.ts'

const [house = '', gateway1 = '', gateway2 = '', internet = ''] = process.argv.slice(2)
await wireUplinks({ house, gateways: [gateway1, gateway2], internet })
await startWorld({ gateways: [gateway1, gateway2], internet })
const password = randomBytes(16).toString('hex')
const passwordFile = join(mkdtempSync(join(tmpdir(), 'infra-home-password-')), 'password')
writeFileSync(passwordFile, password, { mode: 0o600 })
const place = { kind: 'external', host: '127.0.0.1', port: MQTT, username: 'coordinator', passwordFile }
const home = makeHousehold({ coordinator: { broker: place } })
const broker = await startMosquitto({ coordinator: password, 'rpi4-1': home.secret }, MQTT)
process.on('exit', () => void broker.kill())
home.startCoordinator()
home.startAgent()
await home.isSo(
  'out by the primary, decided by the coordinator',
  (now) => now.active === 'mifi' && now.holder === 'coordinator' && bothUp(now),
)
await startStream(house, SERVER, { count: 100_000, everyMs: 50 }).begun
await wait(1000)
const gone = broker.kill()
forward(gateway1, false)
const took = await tookUntilLeavesBy('wan2')
await gone
await broker.restart()
await home.isSo(
  'handed back',
  ({ holder, active }) => holder === 'coordinator' && active === 'dsl',
  LONGEST_RECONNECT,
)
const late = watchLateness()
const handedBack = Date.now()
await home.isSo('told of what was done meanwhile', ({ lastDecision }) => lastDecision?.to === 'dsl')
const told = { ms: Date.now() - handedBack, lateMs: late() }
tell('without a broker', { took, told, leavesBy: leavesBy(), wan: (await home.wan()) ?? {} })
await broker.stop()
process.exit(0)
