// Installs what the project needs, once. Plain JavaScript for Node 20 or newer: it runs before anything is installed.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync, utimesSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const installed = join(root, 'node_modules', '.modules.yaml')
const lockfile = join(root, 'pnpm-lock.yaml')

const [major] = process.versions.node.split('.').map(Number)
if (major < 20) {
  console.error(`infra-home: Node.js ${process.version} is too old: install Node.js 20 or newer (with npm)`)
  process.exit(1)
}

const fresh =
  existsSync(installed) && existsSync(lockfile) && statSync(installed).mtimeMs >= statSync(lockfile).mtimeMs
if (!fresh) {
  const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  console.error('infra-home: installing what is needed (once, about half a minute) …')
  try {
    execFileSync(
      'npx',
      [
        '--prefer-offline',
        '-y',
        `pnpm@${devDependencies.pnpm}`,
        'install',
        '--frozen-lockfile',
        '--reporter=append-only',
      ],
      {
        cwd: root,
        stdio: ['ignore', 2, 2],
      },
    )
  } catch {
    console.error('infra-home: the installation failed; what is wrong stands above')
    process.exit(1)
  }
  const now = new Date()
  utimesSync(installed, now, now)
}
