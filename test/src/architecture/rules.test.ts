// What ARCHITECTURE.md promises of imports, clocks, chance and the process, held by a test.
import { spawnSync } from 'node:child_process'
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

const ROOT = join(import.meta.dirname, '../../..')
const sources = (...patterns: string[]): string[] =>
  globSync(patterns, { cwd: ROOT }).filter((file) => file.endsWith('.ts') && !file.endsWith('.gen.ts'))

/** The file's code without comments and texts, so that words in them do not count. */
const codeOf = (file: string): string =>
  readFileSync(join(ROOT, file), 'utf8')
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/(^|[^:])\/\/.*$/gm, '$1')
    .replaceAll(/'(?:[^'\\\n]|\\.)*'/g, "''")

const PURE = [
  'shared/src/**/*.ts',
  'agent/src/parse/**/*.ts',
  'coordinator/src/world/**/*.ts',
  'coordinator/src/decide/**/*.ts',
  'coordinator/src/alerts/rules/**/*.ts',
]

const BANS: [rule: string, where: string[], except: RegExp, banned: RegExp][] = [
  [
    'pure rooms take time and chance as arguments',
    PURE,
    /^$/,
    /\bDate\.now\(|\bnew Date\(\)|\bsetTimeout\(|\bsetInterval\(|\bMath\.random\(|\bperformance\.now\(|\bcrypto\.|\brandomBytes\(/,
  ],
  [
    'only main.ts reads the environment or exits',
    ['agent/src/**/*.ts', 'coordinator/src/**/*.ts', 'shared/src/**/*.ts'],
    /\/main\.ts$/,
    /\bprocess\.(env|exit|argv)\b/,
  ],
  [
    'nothing is cast to any or silenced',
    ['agent/src/**/*.ts', 'coordinator/src/**/*.ts', 'shared/src/**/*.ts'],
    /^$/,
    /\bas any\b|@ts-ignore|@ts-expect-error|oxlint-disable/,
  ],
  [
    'nothing waits on the wall clock but through a Clock',
    ['agent/src/**/*.ts', 'coordinator/src/**/*.ts'],
    /main\.ts$|sys\/real|machine-clock\.ts$|db\/|http\//,
    /\bsetTimeout\(|\bsetInterval\(/,
  ],
  [
    'no SQL outside db',
    ['coordinator/src/**/*.ts'],
    /\/db\//,
    /\b(SELECT|INSERT INTO|CREATE TABLE|PRAGMA)\b/,
  ],
]

for (const [rule, where, except, banned] of BANS)
  t.test(rule, async (t) => {
    const files = sources(...where).filter((file) => !except.test(file))
    t.ok(files.length > 5, `${files.length} files were read`)
    const read = rule.includes('SQL') ? (file: string) => readFileSync(join(ROOT, file), 'utf8') : codeOf
    t.same(
      files.filter((file) => banned.test(read(file))),
      [],
    )
  })

/** Programs of that name, not drawers. */
const PROGRAMS = /(^|\/)(modem|alert)manager\.ts$/

t.test('no file is called after a drawer', async (t) => {
  const files = sources('agent/src/**/*.ts', 'coordinator/src/**/*.ts', 'shared/src/**/*.ts')
  t.same(
    files.filter(
      (file) => /(^|\/)(utils?|helpers?|common|misc|[a-z-]*manager)\.ts$/.test(file) && !PROGRAMS.test(file),
    ),
    [],
  )
})

t.test('imports', async (t) => {
  const check = (): { status: number | null; stderr: string } => {
    const { status, stderr } = spawnSync(process.execPath, ['scripts/check-imports.ts'], {
      cwd: ROOT,
      encoding: 'utf8',
    })
    return { status, stderr }
  }
  t.test('keep the rules of .dependency-cruiser.cjs', async (t) =>
    t.match(check(), { status: 0, stderr: '' }),
  )
  t.test('that break them are found', async (t) => {
    const folder = join(ROOT, 'shared/src/planted-by-a-test')
    mkdirSync(folder)
    t.teardown(() => rmSync(folder, { recursive: true }))
    writeFileSync(join(folder, 'sin.ts'), "import '../../../agent/src/agent.ts'\nimport 'node:fs'\n")
    const { status, stderr } = check()
    t.equal(status, 1)
    t.match(stderr, /shared-imports-nothing-of-ours: shared\/src\/planted-by-a-test\/sin\.ts/)
    t.match(stderr, /pure-rooms-do-no-io/)
  })
})
