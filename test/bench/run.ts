// npm run bench -- NAME [--json] [--quick] [--only=CASE]: measures one thing, always against something run in the same call.
import { disk } from './disk.ts'
import { footprint } from './footprint.ts'
import { hostile } from './hostile.ts'
import { ingest } from './ingest.ts'
import { type Bench, figureRows, type Figure } from './figure.ts'
import { radio } from './radio.ts'
import { status } from './status.ts'
import { wan } from './wan.ts'

const BENCHES: Readonly<Record<string, Bench>> = { ingest, status, footprint, disk, hostile, wan, radio }
/** Named in the contract; they come with their parts. */
const LATER = ['gitops', 'unseal']

const args = process.argv.slice(2)
const name = args.find((arg) => !arg.startsWith('--')) ?? ''
const bench = BENCHES[name]
if (!bench) {
  const known = Object.keys(BENCHES).join(', ')
  console.error(
    LATER.includes(name)
      ? `${name} is not built yet`
      : `usage: npm run bench -- NAME [--json] [--quick]; NAME is one of ${known}`,
  )
  process.exit(2)
}
const say = (text: string): void => console.error(text)
const only = args.find((arg) => arg.startsWith('--only='))?.slice('--only='.length) ?? ''
const figures: readonly Figure[] = await bench({ quick: args.includes('--quick'), only, say })
console.log(args.includes('--json') ? JSON.stringify({ bench: name, figures }) : figureRows(figures))
process.exit(0)
