// npm run bench -- NAME [--json] [--quick] [--only=PART]: measures one thing, always against something run in the same call.
import { parseArgs } from 'node:util'
import { endNamespacesBySignal } from '../src/helpers/netns.ts'
import { disk } from './disk.ts'
import { footprint } from './footprint.ts'
import { hostile } from './hostile.ts'
import { ingest } from './ingest.ts'
import { type Bench, figureRows, type Figure } from './figure.ts'
import { radio, RADIO_PARTS } from './radio.ts'
import { status } from './status.ts'
import { wan, WAN_PARTS } from './wan.ts'

const BENCHES: Readonly<Record<string, Bench>> = { ingest, status, footprint, disk, hostile, wan, radio }
/** What may be measured alone; of the others all is measured together. */
const PARTS: Readonly<Record<string, readonly string[]>> = { wan: WAN_PARTS, radio: RADIO_PARTS }
/** Named in the contract; they come with their parts. */
const LATER: ReadonlySet<string> = new Set(['gitops', 'unseal'])

const USAGE = `usage: npm run bench -- NAME [OPTION…]; NAME is one of ${Object.keys(BENCHES).join(', ')}
  --json       figures as JSON
  --quick      less of everything
  --only=PART  figures that have this in their name alone (${Object.keys(PARTS).join(', ')})
  --help`

const { values, positionals } = readArguments()
if (values.help) {
  console.log(USAGE)
  process.exit(0)
}
const [name = ''] = positionals
const bench = BENCHES[name] ?? misused(whyNoBench(name))
if (positionals.length > 1) misused(`one at a time: ${positionals.join(', ')}`)
const { quick = false, json = false, only = '' } = values
if (values.only !== undefined) mustFit(values.only)

endNamespacesBySignal()
const figures: readonly Figure[] = await bench({ quick, only, say: (text) => console.error(text) })
console.log(json ? JSON.stringify({ bench: name, figures }) : figureRows(figures))
if (figures.length === 0) console.error('nothing was measured')
process.exit(figures.length === 0 ? 1 : 0)

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        json: { type: 'boolean' },
        quick: { type: 'boolean' },
        only: { type: 'string' },
        help: { type: 'boolean' },
      },
    })
  } catch (error) {
    return misused((error as Error).message)
  }
}

function whyNoBench(name: string): string {
  if (name === '') return 'NAME is missing'
  return LATER.has(name) ? `${name} is not built yet` : `there is no bench ${name}`
}

function mustFit(part: string): void {
  const parts = PARTS[name]
  if (!parts) misused(`--only: ${name} measures all together`)
  if (part === '' || !parts.some((one) => one.includes(part)))
    misused(`--only=${part}: there is no such figure; it is a part of one of ${parts.join(', ')}`)
}

function misused(why: string): never {
  console.error(`${why}\n${USAGE}`)
  process.exit(2)
}
