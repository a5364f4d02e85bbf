// npm test [-- unit|long|real|FILE …] [tap options]: runs the tests, closes with what failed and one line that counts.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { failures } from './test-failures.ts'

/** Where each group of tests lies; the units and the long ones need no server and no rights. */
const GROUPS: Record<string, string[]> = {
  unit: [
    'test/src/units/**/*.test.ts',
    'test/src/architecture/**/*.test.ts',
    'test/src/conformance/**/*.test.ts',
    'test/src/scenarios/**/*.test.ts',
  ],
  long: ['test/src/long/**/*.test.ts'],
  real: ['test/src/real/**/*.test.ts', 'test/src/lab/**/*.test.ts'],
}

const args = process.argv.slice(2)
const paths = args.flatMap((arg) => GROUPS[arg] ?? [arg])

const tap = spawn('tap', ['run', '--reporter=tap', ...paths], { stdio: ['ignore', 'pipe', 'inherit'] })
const counts = { passed: 0, failed: 0, skipped: 0 }
const failed = failures()
for await (const line of createInterface({ input: tap.stdout })) {
  console.log(line)
  failed.read(line)
  // The run's own last line, at no indentation: "# { total: 12, pass: 9, fail: 1, todo: 1, skip: 1 }"
  const total = /^# \{ (.*) \}$/.exec(line)?.[1]
  if (!total) continue
  const read = (name: string): number => Number(new RegExp(`${name}: (\\d+)`).exec(total)?.[1] ?? 0)
  counts.passed = read('pass')
  counts.failed = read('fail')
  counts.skipped = read('skip') + read('todo')
}
const code = await new Promise<number>((resolve) => tap.on('close', (code) => resolve(code ?? 1)))
for (const failure of failed.all()) console.log(failure)
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
if (counts.passed === 0) console.error('infra-home: no test was run')
process.exitCode = code === 0 && counts.passed > 0 ? 0 : 1
