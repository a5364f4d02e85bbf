// npm run check: everything that can be said about the code without running it. All of it is said, not only the first fault.
import { spawnSync } from 'node:child_process'

const CHECKS: readonly (readonly [name: string, program: string, ...args: string[]])[] = [
  ['types', 'tsc', '--build'],
  ['lint', 'oxlint', '--type-aware', '--quiet'],
  ['format', 'oxfmt', '--check'],
  ['imports', 'node', 'scripts/check-imports.ts'],
  ['unused code', 'knip', '--no-progress'],
  ['generated files', 'node', 'scripts/gen.ts', '--check'],
]

const failed: string[] = []
for (const [name, program, ...args] of CHECKS) {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' })
  console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${name}`)
  if (status === 0) continue
  failed.push(name)
  process.stderr.write(`${stdout}${stderr}`)
}
if (failed.length > 0) {
  console.error(`infra-home: ${failed.join(', ')}: see above`)
  process.exitCode = 1
}
