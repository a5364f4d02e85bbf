// npm run build: bundles the agent and the coordinator into dist/, each runnable with Node alone (the coordinator beside better-sqlite3).
import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type BuildOptions } from 'esbuild'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** CommonJS dependencies ask for `require`, which an ES module does not have. */
const banner = {
  js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);",
}

const common: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  minify: true,
  legalComments: 'none',
  banner,
  logLevel: 'warning',
}

/** What mqtt.js carries for browsers and proxies and an agent on plain TCP never uses. */
const agentAlias = {
  ws: './scripts/stubs/absent.mjs',
  socks: './scripts/stubs/absent.mjs',
  'readable-stream': './scripts/stubs/readable-stream.mjs',
}

export const buildAll = async (): Promise<void> => {
  await rm(join(root, 'dist'), { recursive: true, force: true })
  await Promise.all([
    build({ ...common, entryPoints: ['agent/src/main.ts'], outfile: 'dist/agent.mjs', alias: agentAlias }),
    build({ ...common, entryPoints: ['agent/src/inventory.ts'], outfile: 'dist/inventory.mjs' }),
    build({
      ...common,
      entryPoints: ['coordinator/src/main.ts'],
      outfile: 'dist/coordinator.mjs',
      external: ['better-sqlite3'],
    }),
    build({
      ...common,
      entryPoints: ['coordinator/src/db/worker/host.ts'],
      outfile: 'dist/store-worker.mjs',
      external: ['better-sqlite3'],
    }),
  ])
}

await buildAll()
console.log('dist/: agent.mjs inventory.mjs coordinator.mjs store-worker.mjs')
