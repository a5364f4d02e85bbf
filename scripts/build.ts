// npm run build: bundles the agent and the coordinator into dist/, each runnable with Node alone (the coordinator beside better-sqlite3).
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AGENT_ENVIRONMENT, AGENT_FLAGS } from '@infra-home/agent/flags.ts'
import { COORDINATOR_ENVIRONMENT, COORDINATOR_FLAGS } from '@infra-home/coordinator/flags.ts'
import { NODE_NEEDED, OLDEST_NODE } from '@infra-home/coordinator/node-version.ts'
import { build, type BuildOptions } from 'esbuild'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
/** dist/, or the folder that is named. */
const out = resolve(process.argv[2] ?? join(root, 'dist'))

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

/** Node's own streams instead of the copy for browsers that mqtt-packet's buffers bring. */
const agentAlias = { 'readable-stream': './scripts/stubs/readable-stream.mjs' }

/** Asks the Node that is to run for its version first: one that is too old would crash without a word. */
const nodeCheck = `version=$("\${NODE:-node}" --version) || exit 1
version=\${version#v}
major=\${version%%.*}
minor=\${version#*.}
minor=\${minor%%.*}
if [ "$major" -lt ${OLDEST_NODE.major} ] || { [ "$major" -eq ${OLDEST_NODE.major} ] && [ "$minor" -lt ${OLDEST_NODE.minor} ]; }; then
  echo "${NODE_NEEDED}; \${NODE:-node} is $version (the variable NODE may name another)" >&2
  exit 1
fi
`

/** Starts a bundle beside it with the flags and the environment that it is meant to have; `NODE` may name another Node. */
const launcher = (
  bundle: string,
  flags: readonly string[],
  environment: Readonly<Record<string, string>>,
  check = '',
): string => {
  const settings = Object.entries(environment).map(([name, value]) => `${name}=${value}`)
  const words = [...(settings.length > 0 ? ['env', ...settings] : []), '"${NODE:-node}"', ...flags]
  return `#!/bin/sh\n${check}exec ${words.join(' ')} "$(dirname "$(readlink -f "$0")")/${bundle}" "$@"\n`
}

const buildAll = async (): Promise<void> => {
  await rm(out, { recursive: true, force: true })
  await mkdir(out, { recursive: true })
  await Promise.all([
    // What is loaded only when it is needed is a file of its own: a program that is not run would still lie in memory.
    build({
      ...common,
      entryPoints: { agent: 'agent/src/main.ts' },
      outdir: out,
      outExtension: { '.js': '.mjs' },
      splitting: true,
      chunkNames: 'parts/[name]-[hash]',
      alias: agentAlias,
    }),
    build({ ...common, entryPoints: ['agent/src/inventory.ts'], outfile: join(out, 'inventory.mjs') }),
    build({
      ...common,
      entryPoints: {
        coordinator: 'coordinator/src/main.ts',
        'store-worker': 'coordinator/src/db/worker/host.ts',
      },
      outdir: out,
      outExtension: { '.js': '.mjs' },
      splitting: true,
      chunkNames: 'parts/[name]-[hash]',
      external: ['better-sqlite3'],
    }),
    writeFile(join(out, 'agent'), launcher('agent.mjs', AGENT_FLAGS, AGENT_ENVIRONMENT), {
      mode: 0o755,
    }),
    writeFile(
      join(out, 'coordinator'),
      launcher('coordinator.mjs', COORDINATOR_FLAGS, COORDINATOR_ENVIRONMENT, nodeCheck),
      { mode: 0o755 },
    ),
  ])
}

await buildAll()
console.log(
  `${out}: agent (agent.mjs, inventory.mjs) and coordinator (coordinator.mjs, store-worker.mjs), and parts/ of both`,
)
