// The units that are shipped, judged by systemd itself: they are well-formed, and leave a program little to do harm with.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

const FOLDER = join(import.meta.dirname, '../../../nix-modules/units')
const missing = spawnSync('systemd-analyze', ['--version']).error ? 'systemd is not installed' : false
/** systemd-analyze(1): from 0, nothing is exposed, to 10. */
const MOST_EXPOSED = 2

for (const name of ['infra-home-agent', 'infra-home-coordinator'])
  t.test(`${name}.service`, { skip: process.env['CI'] === 'true' ? false : missing }, async (t) => {
    const file = join(FOLDER, `${name}.service`)
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
