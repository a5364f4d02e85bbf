// The import rules of .dependency-cruiser.cjs. A cruise that saw next to nothing has checked nothing: that is a failure too.
import { spawnSync } from 'node:child_process'

const LEAST_MODULES = 100

const { stdout, stderr, status } = spawnSync(
  'depcruise',
  [
    '--config',
    '.dependency-cruiser.cjs',
    '--output-type',
    'json',
    'agent/src',
    'coordinator/src',
    'shared/src',
  ],
  { encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 },
)
type Violation = { from: string; to: string; rule: { name: string }; comment?: string }
type Cruise = { summary: { totalCruised: number; violations: Violation[] } }
const { summary } = parse(stdout)
for (const { from, to, rule } of summary.violations) console.error(`${rule.name}: ${from} → ${to}`)
if (summary.totalCruised < LEAST_MODULES) console.error(`only ${summary.totalCruised} modules were seen`)
if (summary.violations.length > 0 || summary.totalCruised < LEAST_MODULES) process.exitCode = 1
else console.log(`${summary.totalCruised} modules, no forbidden import`)

function parse(text: string): Cruise {
  try {
    return JSON.parse(text) as Cruise
  } catch {
    console.error(`depcruise said (exit ${status}):\n${stderr}${text.slice(0, 2000)}`)
    process.exit(1)
  }
}
