import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'

const ROOT = join(import.meta.dirname, '../../..')

/** The folder of the bundles, built for this test alone. */
export const bundles = (t: Test): string => {
  const folder = mkdtempSync(join(ROOT, 'node_modules/.bundles-')) // below the modules that a bundle finds
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  execFileSync(process.execPath, [join(ROOT, 'scripts/build.ts'), folder], { cwd: ROOT, stdio: 'ignore' })
  return folder
}
