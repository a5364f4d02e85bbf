// The units that are shipped: judged by systemd, and run by it, with all their walls up.
import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { eventually } from '../helpers/eventually.ts'
import { bootSystemd, noSystemd } from '../helpers/systemd-machine.ts'

const ROOT = join(import.meta.dirname, '../../..')
const FOLDER = join(ROOT, 'nix-modules/units')
const UNITS = ['infra-home-agent', 'infra-home-coordinator'] as const
const missing = spawnSync('systemd-analyze', ['--version']).error ? 'systemd is not installed' : false
const noRadvd = spawnSync('radvd', ['--version']).error ? 'radvd is not installed' : false
/** systemd-analyze(1): from 0, nothing is exposed, to 10. */
const MOST_EXPOSED = 2

for (const name of UNITS)
  t.test(`${name}.service`, { skip: process.env['CI'] === 'true' ? false : missing }, async (t) => {
    const alone = mkdtempSync(join(tmpdir(), 'infra-home-unit-')) // without what a router adds
    const file = join(alone, `${name}.service`)
    copyFileSync(join(FOLDER, `${name}.service`), file)
    const { stderr } = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' })
    const faults = stderr
      .split('\n')
      .filter((line) => line.includes(name) && !line.includes('is not executable'))
    t.same(faults, [], 'is understood')
    const judged = spawnSync('systemd-analyze', ['security', '--offline=true', file], {
      encoding: 'utf8',
    }).stdout
    const exposure = Number(/exposure level for [^:]+: ([\d.]+)/.exec(judged)?.[1] ?? Number.NaN)
    t.ok(exposure <= MOST_EXPOSED, `is exposed by ${exposure}`)
    t.match(
      readFileSync(file, 'utf8'),
      /^CapabilityBoundingSet=$/m,
      'has no right that an ordinary user has not',
    )
  })

for (const name of readdirSync(join(FOLDER, 'infra-home-agent.service.d')))
  t.test(`the agent with ${name}`, { skip: process.env['CI'] === 'true' ? false : missing }, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'infra-home-unit-'))
    const file = join(folder, 'infra-home-agent.service')
    copyFileSync(join(FOLDER, 'infra-home-agent.service'), file)
    mkdirSync(`${file}.d`)
    copyFileSync(join(FOLDER, 'infra-home-agent.service.d', name), join(`${file}.d`, name))
    const { stderr } = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' })
    t.same(
      stderr.split('\n').filter((line) => line.includes(name)),
      [],
      'is understood',
    )
    rmSync(folder, { recursive: true })
  })

for (const name of ['infra-home-radvd.path', 'infra-home-radvd.service'])
  t.test(name, { skip: process.env['CI'] === 'true' ? false : missing }, async (t) => {
    const { stderr } = spawnSync('systemd-analyze', ['verify', join(FOLDER, name)], { encoding: 'utf8' })
    const faults = stderr.split('\n').filter((line) => line.includes('infra-home-radvd'))
    t.same(faults, [], 'is understood')
  })

/** What docs/systemd.md says to install, in the root of a machine. */
const furnish = (dist: string): string => `
  printf '%s\\n' 'infra-home:x:990:990::/:/usr/sbin/nologin' 'infra-home-agent:x:991:991::/:/usr/sbin/nologin' >> etc/passwd
  printf '%s\\n' 'infra-home:x:990:' 'infra-home-agent:x:991:' >> etc/group
  cp -r ${dist} usr/lib/infra-home
  mkdir usr/lib/infra-home/node_modules etc/infra-home
  mount --bind ${join(ROOT, 'node_modules')} usr/lib/infra-home/node_modules
  touch usr/local/bin/node
  mount --bind ${process.execPath} usr/local/bin/node
  cp ${FOLDER}/*.service run/systemd/system/
  ip link add lan0 type veth peer name lan0-far
  mkdir -p home/somebody
  echo secret > home/somebody/secret
  mknod dev/kvm c 10 232
  cp ${join(ROOT, 'topology.json')} etc/infra-home/
  echo '{"site":"home","topology":"topology.json","stateDir":"/var/lib/infra-home/coordinator"}' > etc/infra-home/coordinator.json
`

t.test('under systemd both work, and can do nothing else', { skip: noSystemd() ?? false }, async (t) => {
  const dist = mkdtempSync(join(ROOT, 'node_modules/.bundles-'))
  t.teardown(() => rmSync(dist, { recursive: true, force: true }))
  execFileSync(process.execPath, [join(ROOT, 'scripts/build.ts'), dist], { cwd: ROOT, stdio: 'ignore' })
  const machine = await bootSystemd(furnish(dist))
  t.teardown(machine.end)
  const log = (unit: string): string => machine.run(`journalctl --no-pager --output=cat --unit ${unit}`)
  const start = (unit: string): void => {
    try {
      machine.run(`systemctl start ${unit}`)
    } catch (error) {
      throw new Error(`${unit}: ${log(unit)} ${String(error)}`, { cause: error })
    }
  }

  start('infra-home-coordinator')
  const config = JSON.parse(
    machine.run(
      'runuser -u infra-home -- /usr/lib/infra-home/coordinator --config /etc/infra-home/coordinator.json node add rpi4-1',
    ),
  ) as object
  const agent = { ...config, stateDir: '/var/lib/infra-home/agent', modems: [] }
  machine.run(
    'install -d -o infra-home-agent -m 700 /var/lib/infra-home/agent && cat > /var/lib/infra-home/agent/agent.json && chown infra-home-agent /var/lib/infra-home/agent/agent.json',
    JSON.stringify(agent),
  )
  start('infra-home-agent')
  await eventually('a green row', () => /rpi4-1 +online/.test(machine.run('curl -sS http://127.0.0.1:8470/')))
  await eventually('what it sees of its machine', () =>
    /rpi4-1 +lan0/.test(machine.run('curl -sS http://127.0.0.1:8470/api/v1/links')),
  )

  t.match(
    machine.run('curl -sS http://127.0.0.1:8470/api/v1/nodes/rpi4-1'),
    /WRONG +nothing/,
    'every collector works',
  )

  for (const name of UNITS)
    await t.test(name, async (t) => {
      const shown = machine.run(`systemctl show -p MainPID,NRestarts,ActiveState,StatusText ${name}`)
      t.match(shown, /ActiveState=active/)
      t.match(shown, /NRestarts=0/)
      const pid = /MainPID=(\d+)/.exec(shown)?.[1] ?? ''
      const status = machine.run(`cat /proc/${pid}/status`)
      t.match(status, /^Uid:\t99\d\t/m)
      t.match(status, /^CapEff:\t0+$/m)
      t.match(status, /^NoNewPrivs:\t1$/m)
      t.match(status, /^Seccomp:\t2$/m)
      const inside = (command: string): string =>
        machine.run(`nsenter --target ${pid} --mount sh -c '(${command}) 2>&1 || true'`)
      for (const path of ['/etc/x', '/usr/lib/infra-home/x', '/var/lib/x'])
        t.match(inside(`touch ${path}`), /Read-only file system|Permission denied/, path)
      // each would go through without its wall, and change nothing
      t.match(
        inside('cat /proc/sys/vm/swappiness > /proc/sys/vm/swappiness'),
        /Read-only/,
        'no kernel setting',
      )
      t.match(inside('echo 0 > /sys/fs/cgroup/systemd/cgroup.procs'), /Read-only/, 'no control group')
      t.notMatch(inside('cat /home/somebody/secret'), /secret$/m, 'nobody’s home')
      t.notMatch(inside('ls /dev'), /kvm/, 'no device')
      t.notMatch(log(name), /EPERM|EACCES|not permitted|denied/i, 'and misses nothing')
    })

  await t.test('a router’s agent may change the network, and nothing else', async (t) => {
    machine.run('echo 1 > /proc/sys/net/ipv4/ip_forward')
    machine.run(
      `mkdir -p /run/systemd/system/infra-home-agent.service.d && cat > /run/systemd/system/infra-home-agent.service.d/router.conf`,
      readFileSync(join(FOLDER, 'infra-home-agent.service.d/router.conf'), 'utf8'),
    )
    machine.run('cat > /var/lib/infra-home/agent/agent.json', JSON.stringify({ ...agent, mode: 'full' }))
    machine.run('systemctl daemon-reload && systemctl restart infra-home-agent')
    const pid = machine.run('systemctl show --value -p MainPID infra-home-agent').trim()
    const status = machine.run(`cat /proc/${pid}/status`)
    t.match(status, /^CapEff:\t0+3000$/m, 'CAP_NET_ADMIN and CAP_NET_RAW')
    const wan = (): { fault: unknown; holder: string } =>
      JSON.parse(
        machine.run('curl -sS -H "Accept: application/json" http://127.0.0.1:8470/api/v1/wan'),
      ) as never
    await eventually('the ruleset', () => machine.run('nft list tables').includes('table inet infra_home'))
    await eventually('the router', () => wan().fault === null && wan().holder === 'coordinator')
    t.match(machine.run('nft list table inet infra_home'), /chain pin/, 'it can do all that it has to')
    t.match(machine.run('ip rule'), /^8051:/m)
    t.match(
      machine.run('stat -c %a /run/infra-home-agent'),
      /^755$/m,
      'others may read whom to ask for names',
    )
    t.notMatch(log('infra-home-agent'), /EPERM|EACCES|not permitted|denied/i, 'and misses nothing')
  })

  await t.test(
    'radvd reads what the agent has written as soon as it has',
    { skip: process.env['CI'] === 'true' ? false : noRadvd },
    async (t) => {
      const path = 'infra-home-radvd.path'
      machine.run(`cat > /run/systemd/system/${path}`, readFileSync(join(FOLDER, path), 'utf8'))
      machine.run('ln -sf /run/infra-home-agent/radvd.conf /etc/radvd.conf')
      machine.run(`ip link set lan0 up && systemctl daemon-reload && systemctl start ${path}`)
      const write = (lifetime: string): string =>
        machine.run(
          `runuser -u infra-home-agent -- sh -c 'cd /run/infra-home-agent && cat > new && chmod 644 new && mv new radvd.conf'`,
          `interface lan0 { AdvSendAdvert on; ${lifetime} prefix fd00:10::/64 { }; };\n`,
        )
      const reloads = (): number => log('radvd').split('Reloaded radvd').length - 1
      write('')
      await eventually('radvd', () => machine.run('systemctl show -p ActiveState radvd').includes('=active'))
      const isReady = (): boolean =>
        machine.run('systemctl show -p ActiveState infra-home-radvd').includes('=inactive')
      write('AdvDefaultLifetime 0;') // while the first is read, or after that
      await eventually('to read it again', () => reloads() > 0)
      await eventually('to be ready for more', isReady)
      const before = reloads()
      write('')
      await eventually('to read it at once, and once more', () => reloads() === before + 2)
      t.notMatch(log('radvd'), /insecure|exited, status/i)
      const results = machine.run('systemctl show -p Result radvd infra-home-radvd infra-home-radvd.path')
      t.notMatch(results, /Result=(?!success)/)
    },
  )

  await t.test('who is killed is back, and keeps what it was', async (t) => {
    machine.run('systemctl kill --signal=KILL --kill-whom=main infra-home-coordinator')
    await eventually(
      'to be back',
      () =>
        machine.run('systemctl show --value -p ActiveState infra-home-coordinator') === 'active\n' &&
        /NRestarts=1/.test(machine.run('systemctl show -p NRestarts infra-home-coordinator')),
    )
    await eventually('a green row', () => {
      try {
        return /rpi4-1 +online/.test(machine.run('curl -sS http://127.0.0.1:8470/'))
      } catch {
        return false
      }
    })
    machine.run('systemctl stop infra-home-agent infra-home-coordinator')
    const ended = machine.run('systemctl show -p Result infra-home-agent infra-home-coordinator')
    t.notMatch(ended, /Result=(?!success)/, 'and goes when it is told to')
  })
})
