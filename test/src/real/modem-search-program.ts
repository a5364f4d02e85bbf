// In a namespace of its own: a HiLink modem at the gateway, and `agent modems` as a person types it. Prints what both have seen.
import { execFile, execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { realClock } from '@infra-home/agent/sys/real-clock.ts'
import { simulatedHilink } from '@infra-home/agent/sys/simulated/hilink-device.ts'
import { serveDevice } from '../helpers/http-device.ts'

const [state = ''] = process.argv.slice(2)
const GATEWAY = '192.168.8.1'
const ip = (words: string): void => void execFileSync('ip', words.split(' '))
ip('link set lo up')
ip('link add modem0 type veth peer name box0')
ip('link set modem0 up')
ip('link set box0 up')
ip('address add 192.168.8.100/24 dev modem0')
ip(`route add default via ${GATEWAY}`)
ip(`address add ${GATEWAY}/32 dev lo`) // after the route: the kernel takes no gateway that is its own

const device = simulatedHilink({
  clock: realClock(),
  firmware: { tokens: 'page', rotation: 'list' },
  account: { username: 'admin', password: 'right', passwordType: '4', protects: 'all' },
})
const server = await serveDevice(device.handle, 80, GATEWAY)
const main = fileURLToPath(import.meta.resolve('@infra-home/agent/main.ts'))
const { stdout } = await promisify(execFile)(process.execPath, [main, 'modems', '--state', state])
const { paths, tries } = device.asked()
console.log(JSON.stringify({ printed: stdout, paths, tries }))
await server.close()
