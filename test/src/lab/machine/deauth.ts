// Runs inside the emulated machine, whose wlan1 has joined the network of wlan0: the access point throws everybody out, and what a router's agent
// makes of it.
import { readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { kernelEvents } from '@infra-home/agent/sys/kernel-events.ts'
import { realClock } from '@infra-home/agent/sys/real-clock.ts'
import { realExec, type ToCommand } from '@infra-home/agent/sys/real-exec.ts'
import { realStream } from '@infra-home/agent/sys/real-stream.ts'
import type { Sys } from '@infra-home/agent/sys/sys.ts'
import { lookAtNetwork } from '@infra-home/agent/wan/look-at-network.ts'
import { factsOf } from '@infra-home/agent/wan/uplink-facts.ts'

const toCommand: ToCommand = (file, args) => ({ file, args, env: { PATH: process.env['PATH'] ?? '' } })
const exec: Sys['exec'] = (program, args) => realExec(toCommand, { program, args })
const stream: Sys['stream'] = (program, args, on) => realStream(toCommand, { program, args }, on)
const link = async (): Promise<string> => {
  const seen = await lookAtNetwork({ exec })
  return factsOf({ interface: 'wlan1', kind: 'wifi-4g', index: 1 }, seen).link
}
const tell = (seen: object): void => console.log(`::result ${JSON.stringify(seen)}`)
const wall = (): number => performance.timeOrigin + performance.now()

let heardAt: number | null = null
kernelEvents(
  { clock: realClock(), stream },
  { changed: () => void (heardAt ??= wall()), failed: (why) => tell({ failed: why }) },
)
/** When the kernel said that the station is out, by somebody else's ear. */
let saidAt: number | null = null
stream('iw', ['event', '-t'], {
  line(text) {
    const [, at] = /^(\d+\.\d+): wlan1 .*(?:deauth|disconnected)/.exec(text) ?? []
    if (at !== undefined) saidAt ??= Number(at) * 1000
  },
  ended: (why) => tell({ failed: why }),
})
await wait(2000)
/** How long one look takes here, the longest of several. */
let oneLookMs = 0
const timedLink = async (): Promise<string> => {
  const begun = performance.now()
  const seen = await link()
  oneLookMs = Math.max(oneLookMs, Math.round(performance.now() - begun))
  return seen
}
const before = await timedLink()
heardAt = null
process.kill(Number(readFileSync('/run/hostapd.pid', 'utf8'))) // an access point that goes says good-bye to each station
while (heardAt === null || saidAt === null) await wait(5)
let now = await link()
let looks = 1
for (; now === before && wall() - heardAt < 10_000; looks++) now = await link()
const [ms, heardMs] = [wall() - saidAt, heardAt - saidAt].map(Math.round)
await timedLink()
tell({ before, after: now, ms, heardMs, looks, oneLookMs })
process.exit(0)
