import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** Packages in the older format ask for Node's own modules with require. */
const REQUIRE = `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`

/**
 * Makes one JavaScript file of a program and all that it imports, native modules excepted. An emulated processor takes
 * eleven seconds to find and strip the sources of an agent, and half a second to read them as a bundle.
 * @param folder inside the repository, if native modules are to be found from there
 * @returns the path of the bundle, the same inside the machine
 */
export const bundle = async (program: URL, folder: string): Promise<string> => {
  const outfile = join(folder, `${basename(program.pathname, '.ts')}.mjs`)
  await build({
    entryPoints: [fileURLToPath(program)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['better-sqlite3'],
    banner: { js: REQUIRE },
    logLevel: 'error',
  })
  return outfile
}
