// The home's router in an emulated machine: real 802.1Q VLANs and Wi-Fi, the shipped bundles, findings over MQTT in REST.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { minutes } from '@infra-home/shared/clock.ts'
import t from 'tap'
import { needPrograms, orSkip } from '../helpers/real-server.ts'
import { bundle } from './machine/bundle.ts'
import { debianKernel } from './machine/kernel.ts'
import { runInMachine } from './machine/machine.ts'

const ROOT = join(import.meta.dirname, '../../..')

type Shown = { what: string; shown: unknown; expected?: string[]; ms?: number }

await t.test('a router whose VLANs are lost, changed and cut off', async (t) => {
  const kernel = await orSkip(t, 'the emulated machine', async () => {
    needPrograms({ curl: 'curl', hostapd: 'hostapd', iw: 'iw', ip: 'iproute2' })
    return debianKernel()
  })
  if (!kernel) return
  execFileSync(process.execPath, [join(ROOT, 'scripts/build.ts')], { cwd: ROOT, stdio: 'ignore' })
  const folder = mkdtempSync(join(ROOT, '.tap/home-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const program = await bundle(new URL('./home-program.ts', import.meta.url), folder)
  const run = await runInMachine({
    kernel,
    script: `node '${program}' '${ROOT}/dist' '${ROOT}/topology.json'`,
    modules: ['8021q', 'veth', 'mac80211_hwsim'],
    timeout: minutes(10),
  })
  const results = run.results as Shown[]
  if (run.exitCode !== 0) t.comment(run.output.slice(-2000))
  t.equal(run.exitCode, 0, 'the program in the machine ran to its end')
  for (const { what, shown, expected, ms } of results.filter((r) => r.expected)) {
    t.same((shown as string[]).toSorted(), expected?.toSorted(), what)
    t.comment(`${what}: in REST after ${ms} ms, on an emulated processor`)
  }
  t.equal(results.filter((r) => r.expected).length, 6)
  t.match(results.find(({ what }) => what === 'wifi')?.shown, {
    states: { 'wifi/wlan0': { associated: true, ssid: 'home' } },
    links: Array,
  })
})
