// npm test [-- unit|long|real|FILE …] [tap options]: runs the tests, closes with what failed and one line that counts.
import { spawn } from 'node:child_process'
import { setPriority } from 'node:os'
import { createInterface } from 'node:readline'
import { failures } from './test-failures.ts'

/** Where each group of tests lies; neither the units nor the long ones need a server or rights. */
const GROUPS: Record<string, string[]> = {
  unit: ['test/src/units/**/*.test.ts'],
  long: ['long', 'architecture', 'conformance', 'scenarios'].map((room) => `test/src/${room}/**/*.test.ts`),
  real: ['test/src/real/**/*.test.ts', 'test/src/lab/**/*.test.ts'],
}
const pathsOf = (args: readonly string[]): string[] => args.flatMap((arg) => GROUPS[arg] ?? [arg])

/** Of a scheduler's twenty (nice(2)): enough that whoever waits for a moment has it. */
const BEHIND_OTHERS = 10

type Outcome = { passed: number; failed: number; skipped: number; isOk: boolean; said: readonly string[] }

/** One run of tap; each line is heard as it comes. */
const runTap = async (
  args: readonly string[],
  { heard, priority }: { heard: (line: string) => void; priority?: number },
): Promise<Outcome> => {
  const tap = spawn('tap', ['run', '--reporter=tap', ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  if (tap.pid && priority !== undefined) setPriority(tap.pid, priority) // and of all that it starts
  const closed = new Promise<number>((resolve) => tap.on('close', (code) => resolve(code ?? 1)))
  const counts = { passed: 0, failed: 0, skipped: 0 }
  const failed = failures()
  for await (const line of createInterface({ input: tap.stdout })) {
    heard(line)
    failed.read(line)
    // The run's own last line, at no indentation: "# { total: 12, pass: 9, fail: 1, todo: 1, skip: 1 }"
    const total = /^# \{ (.*) \}$/.exec(line)?.[1]
    if (!total) continue
    const read = (name: string): number => Number(new RegExp(`${name}: (\\d+)`).exec(total)?.[1] ?? 0)
    counts.passed = read('pass')
    counts.failed = read('fail')
    counts.skipped = read('skip') + read('todo')
  }
  return { ...counts, isOk: (await closed) === 0, said: failed.all() }
}

/** Those that measure times wait, mostly. Beside them the others have what is left of the processors, and are shown when these have ended. */
const runAll = async (options: readonly string[]): Promise<readonly Outcome[]> => {
  const kept: string[] = []
  let show = (line: string): void => void kept.push(line)
  const others = runTap([...pathsOf(['unit', 'long']), '--jobs=2', ...options], {
    heard: (line) => show(line),
    priority: BEHIND_OTHERS,
  })
  const real = await runTap([...pathsOf(['real']), ...options], { heard: console.log })
  for (const line of kept) console.log(line)
  show = console.log
  return [real, await others]
}

const args = process.argv.slice(2)
const isAll = args.every((arg) => arg.startsWith('-'))
const outcomes = isAll ? await runAll(args) : [await runTap(pathsOf(args), { heard: console.log })]
const sum = (of: 'passed' | 'failed' | 'skipped'): number => outcomes.reduce((all, one) => all + one[of], 0)
for (const failure of outcomes.flatMap(({ said }) => said)) console.log(failure)
console.log(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`)
if (sum('passed') === 0) console.error('infra-home: no test was run')
process.exitCode = outcomes.every(({ isOk }) => isOk) && sum('passed') > 0 ? 0 : 1
