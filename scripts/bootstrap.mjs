// Installs what the project needs, once. Plain JavaScript for Node 20 or newer: it runs before anything is installed.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync, utimesSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const installed = join(root, 'node_modules', '.modules.yaml')
const lockfile = join(root, 'pnpm-lock.yaml')

const [major] = process.versions.node.split('.').map(Number)
if (major < 20) {
  console.error(`infra-home: Node.js ${process.version} is too old: install Node.js 20 or newer (with npm)`)
  process.exit(1)
}

const WAITS_SECONDS = [10, 30, 90]

const fresh =
  existsSync(installed) && existsSync(lockfile) && statSync(installed).mtimeMs >= statSync(lockfile).mtimeMs
if (!fresh) {
  console.error('infra-home: installing what is needed (once, about half a minute) …')
  await install(WAITS_SECONDS)
  const now = new Date()
  utimesSync(installed, now, now)
}

/** Tries again after a while: a name that was not found, or a download that broke, is often there a minute later; what was fetched is kept. */
async function install([wait, ...waits]) {
  const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const words = ['--prefer-offline', '-y', `pnpm@${devDependencies.pnpm}`, 'install', '--frozen-lockfile']
  try {
    execFileSync('npx', [...words, '--reporter=append-only'], { cwd: root, stdio: ['ignore', 2, 2] })
  } catch {
    if (wait === undefined) {
      console.error('infra-home: the installation failed; what is wrong stands above')
      process.exit(1)
    }
    console.error(`infra-home: the installation failed; trying again in ${wait} s …`)
    await sleep(wait * 1000)
    await install(waits)
  }
}
