import { existsSync } from 'node:fs'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { minutes, seconds } from '@infra-home/shared/clock.ts'
import t from 'tap'
import { builtOnce, cacheDir, findProgram, needPrograms, orSkip } from '../helpers/real-server.ts'
import { bundle } from './machine/bundle.ts'
import { debianKernel } from './machine/kernel.ts'
import { runInMachine, startMachine } from './machine/machine.ts'

/** Above the largest that Linux gives (proc(5), pid_max). */
const DEAD_PID = 2 ** 22 + 1

const JOIN = `
printf '%s\\n' interface=wlan0 driver=nl80211 ssid=home hw_mode=g channel=6 > /run/hostapd.conf
hostapd -B -P /run/hostapd.pid /run/hostapd.conf
iw dev wlan1 link
ip link set wlan1 up
iw dev wlan1 connect home
for try in $(seq 50); do iw dev wlan1 link | grep -q signal && break; sleep 0.2; done
iw dev wlan1 link
`

await t.test('what is fetched or built for tests is made once, whole, and by one process', async (t) => {
  const before = process.env['INFRA_HOME_CACHE']
  process.env['INFRA_HOME_CACHE'] = t.testdir({ 'server.lock': `${DEAD_PID}` })
  t.teardown(() => {
    if (before === undefined) delete process.env['INFRA_HOME_CACHE']
    else process.env['INFRA_HOME_CACHE'] = before
  })
  let builds = 0
  const build = async (folder: string): Promise<void> => {
    builds++
    await writeFile(join(folder, 'program'), '')
    if (builds === 1) throw new Error('half-way')
  }
  const wanted = (): Promise<string> => builtOnce('server', 'building a server for this test', build)
  await t.rejects(wanted(), /half-way/)
  t.same(await readdir(cacheDir()), [], 'a failed build leaves nothing')
  const folders = await Promise.all([wanted(), wanted(), wanted()])
  t.same(folders, Array(3).fill(join(cacheDir(), 'server')))
  t.equal(builds, 2)
  t.same(await readdir(cacheDir()), ['server'])
})

await t.test(
  'a server that cannot be had is skipped by name, but not where every test must run',
  async (t) => {
    const ci = process.env['CI']
    t.teardown(() => void (ci === undefined ? delete process.env['CI'] : (process.env['CI'] = ci)))
    const skipped: unknown[] = []
    const watched = { pass: (...said: unknown[]) => skipped.push(said) > 0 }
    const prepare = (): void => needPrograms({ sh: 'dash', 'no-such-program': 'no-such-package' })
    process.env['CI'] = 'false'
    t.equal(await orSkip(watched, 'server', prepare), null)
    t.same(skipped, [['server', { skip: 'no no-such-program here: install no-such-package' }]])
    process.env['CI'] = 'true'
    await t.rejects(orSkip(watched, 'server', prepare), /install no-such-package/)
  },
)

const kernel = await orSkip(t, 'the emulated machine', debianKernel)
if (kernel !== null) {
  const timeout = minutes(5)
  const written = join(import.meta.dirname, 'written-by-the-machine')

  t.test('a machine has VLANs, bridges, netem, Wi-Fi and the Node of this repository', async (t) => {
    const modules = ['8021q', 'bridge', 'dummy', 'veth', 'mac80211_hwsim radios=2', 'sch_netem']
    const probe = await bundle(new URL('./machine/probe.ts', import.meta.url), t.testdir())
    const script = `node '${probe}'; echo here > '${written}'; cat '${written}'; printf unfinished >&2; exit 3`
    const run = await runInMachine({ kernel, modules, timeout, script })
    t.comment(`booted in ${Math.round(run.bootTook ?? 0)} ms, off after ${Math.round(run.took)} ms`)
    t.match(
      run.results,
      [
        {
          node: process.version,
          uid: 0,
          folder: process.cwd(),
          kernel: kernel.release,
          vlans: { 'eth0.10': 10, 'eth0.20': 20 },
          bridged: ['eth0'],
          wlans: ['wlan0', 'wlan1'],
          qdisc: /netem .*delay 30ms/,
        },
      ],
      run.output,
    )
    t.match(process.version, /^v24\./)
    t.equal(run.exitCode, 3, 'the exit code of the script comes out')
    t.match(run.output, /\nhere\nunfinished$/, 'both streams come out, an unfinished line as it is')
    t.notOk(existsSync(written), 'what it wrote stays in its memory')
  })

  t.test('a script is talked with line by line until its kernel panics', async (t) => {
    const script = 'ip -o monitor link & while read -r command; do eval "$command"; done'
    const machine = await startMachine({ kernel, modules: ['8021q', 'dummy'], timeout, script })
    t.teardown(() => machine.stop())
    machine.send('ip link add link dummy0 name dummy0.30 type vlan id 30; echo "added: $?"')
    t.equal(await machine.nextLine(/^added/), 'added: 0')
    machine.send('ip link del dummy0.30')
    t.match(await machine.nextLine(/^Deleted/), /dummy0\.30/, 'the change was watched')
    machine.send('echo c > /proc/sysrq-trigger')
    const run = await machine.ended
    t.match({ end: run.end, exitCode: run.exitCode }, { end: 'crashed', exitCode: null })
    t.match(run.console, /Kernel panic/)
    await t.rejects(machine.nextLine(/anything/), /crashed/)
  })

  t.test('a machine that takes too long is killed, as is one that is stopped', async (t) => {
    const hung = { kernel, modules: [], script: 'sleep 1000' }
    await t.rejects(runInMachine({ ...hung, timeout: seconds(1) }), /\(timeout, [1-9]\d\d\d+ ms\)/)
    const machine = await startMachine({ ...hung, timeout })
    t.equal((await machine.stop()).end, 'stopped')
  })

  t.test('one simulated radio joins the network of the other', async (t) => {
    if (findProgram('hostapd') === null) {
      t.pass('a real association', { skip: 'no hostapd here: install hostapd' })
      return
    }
    const { output } = await runInMachine({
      kernel,
      modules: ['mac80211_hwsim radios=2'],
      timeout,
      script: JOIN,
    })
    t.match(output, /^Not connected\.$/m)
    t.match(output, /^Connected to 02:00:00:00:00:00 \(on wlan1\)\n\tSSID: home\n\tfreq: 2437$/m)
    t.match(output, /^\tsignal: -\d+ dBm$/m)
  })

  t.test('an uplink whose access point throws it out is seen to have none', async (t) => {
    if (findProgram('hostapd') === null) {
      t.pass('a real deauthentication', { skip: 'no hostapd here: install hostapd' })
      return
    }
    const program = await bundle(new URL('./machine/deauth.ts', import.meta.url), t.testdir())
    const script = `${JOIN}\nip addr add 192.168.8.10/24 dev wlan1\nnode '${program}'`
    const modules = ['mac80211_hwsim radios=2']
    const { results, output } = await runInMachine({ kernel, modules, timeout, script })
    t.match(results, [{ before: 'up', after: 'no-network' }], output)
    type Told = { ms: number; heardMs: number; looks: number; oneLookMs: number }
    const { ms, heardMs, looks, oneLookMs } = results[0] as Told
    t.comment(
      `${ms} ms after the kernel’s event, heard after ${heardMs}; ${looks} looks, of which one takes ${oneLookMs} here`,
    )
    // The yardstick is a look on the same emulated processor: six programs, as the clock of the house counts.
    t.ok(heardMs <= oneLookMs, 'it is heard at once')
    t.ok(ms <= (looks + 1) * oneLookMs, 'and known one look later')
    t.ok(looks <= 2)
  })
}
