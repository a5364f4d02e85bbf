// Runs inside a network namespace that the test made, a router's: its modem reboots by itself, first without a cable, then without an API, then without a
// radio. Prints one JSON line for each thing seen.
import { setTimeout as wait } from 'node:timers/promises'
import { simulatedHilink } from '@infra-home/agent/sys/simulated/hilink-device.ts'
import { realClock } from '@infra-home/agent/sys/real-clock.ts'
import { seconds } from '@infra-home/shared/clock.ts'
import { ip, tell } from '../helpers/exec-here.ts'
import { serveDevice } from '../helpers/http-device.ts'
import { bothUp, makeHousehold, type WanSeen } from '../lab/household.ts'
import { startStream } from '../lab/streams.ts'
import { forward, leavesBy, SERVER, tookUntilLeavesBy, wireUplinks } from '../lab/uplinks.ts'
import { startWorld } from '../lab/world.ts'

const [house = '', gateway1 = '', gateway2 = '', internet = ''] = process.argv.slice(2)
await wireUplinks({ house, gateways: [gateway1, gateway2], internet })
await startWorld({ gateways: [gateway1, gateway2], internet })
const modem = simulatedHilink({ clock: realClock() })
const { address } = await serveDevice(modem.handle)
const home = makeHousehold({
  topology: (usual) => ({
    ...usual,
    modems: [{ id: 'lte', driver: 'hilink', address, host: 'rpi4-1', uplink: 'mifi' }],
  }),
  agent: {
    modems: [{ id: 'lte', driver: 'hilink', config: { address } }],
    modemPollMs: { calm: 1000, alarmed: 1000 },
  },
})
home.startCoordinator()
home.startAgent()
await home.isSo(
  'out by the primary, decided by the coordinator',
  (now) => now.active === 'mifi' && now.holder === 'coordinator' && bothUp(now),
)
await startStream(house, SERVER, { count: 100_000, everyMs: 50 }).begun
await wait(1500)

const mifi = ({ uplinks }: WanSeen) => uplinks.find(({ id }) => id === 'mifi')
const path = async (): Promise<object> => (await home.wan().then((now) => now && mifi(now))) ?? {}

modem.reboot({ apiAfter: seconds(8), radioAfter: seconds(16) })
forward(gateway1, false)
ip(`-n ${gateway1} link set up0 down`)
tell('moved', await tookUntilLeavesBy('wan2'))
await home.isSo('known', (now) => mifi(now)?.state === 'down')
tell('without a cable', { path: await path() })
await wait(3000)
ip(`-n ${gateway1} link set up0 up`)
ip('route replace default via 192.168.8.1 dev wan1 metric 600 proto dhcp') // as its DHCP client does
await home.isSo('its gateway answers, and its API', (now) => mifi(now)?.cause === 'radio')
tell('without a radio', { path: await path(), leavesBy: leavesBy() })
await home.isSo('its radio is back', () => modem.isOnline())
forward(gateway1, true)
await home.isSo('both are up', bothUp)
tell('back', { wan: (await home.wan()) ?? {}, leavesBy: leavesBy() })
const { paths, tries } = modem.asked()
tell('asked of the modem', {
  tries,
  orders: paths.filter((one) => one.includes('control') || one.includes('mobile-dataswitch')),
})
await home.goBack()
tell('used again', { leavesBy: leavesBy() })
process.exit(0)
