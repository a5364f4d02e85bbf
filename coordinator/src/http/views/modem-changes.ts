import type { ModemState } from '@infra-home/shared/messages/modem.ts'
import type { Store } from '../../db/store.ts'
import type { Entry } from '../../world/input.ts'
import type { Table } from '../table/table.ts'
import { orDash } from '../table/words.ts'

/** What a modem said of itself when it was news, and the entry of the journal; all null when it was gone. */
export type ModemChange = { readonly id: string; readonly at: string; readonly pos: number } & {
  readonly [K in keyof Told]: ModemState[K] | null
}
type Told = Pick<ModemState, (typeof TOLD)[number]>
const TOLD = [
  'state',
  'cause',
  'sim',
  'registration',
  'dataSession',
  'operator',
  'plmn',
  'rat',
  'band',
  'cellId',
  'pci',
] as const

const CHUNK = 500
/** So many entries of a node are looked through for one answer; the cursor goes on from there. */
const MOST_CHUNKS = 40

export type ModemChanges = { readonly items: readonly ModemChange[]; readonly next: number | null }

/**
 * How the cell, the band, the SIM and all else that a modem tells in words went, newest first, as far as the journal goes back.
 * @param asked.before a position of the journal; null for its end
 */
export const modemChanges = async (
  { entries }: Pick<Store, 'entries'>,
  asked: {
    readonly node: string
    readonly modem: string
    readonly before: number | null
    readonly limit: number
  },
): Promise<ModemChanges> => {
  const items: ModemChange[] = []
  let before = asked.before
  for (let chunk = 0; chunk < MOST_CHUNKS; chunk++) {
    const found = await entries({
      node: asked.node,
      kinds: ['message'],
      newestFirst: true,
      limit: CHUNK,
      ...(before === null ? {} : { before }),
    })
    for (const entry of found) {
      const change = changeOf(entry, asked.modem)
      if (change) items.push(change)
      if (items.length === asked.limit) return { items, next: entry.pos }
    }
    const last = found.at(-1)
    if (!last || found.length < CHUNK) return { items, next: null }
    before = last.pos
  }
  return { items, next: before }
}

const changeOf = ({ kind, id, at, pos, body }: Entry, modem: string): ModemChange | null => {
  if (kind !== 'message') return null
  const { said } = body
  if (said.kind !== 'state' || said.state !== 'modem' || said.id !== modem) return null
  const told = said.message.body as ModemState | null
  return { id, at, pos, ...(Object.fromEntries(TOLD.map((key) => [key, told?.[key] ?? null])) as Told) }
}

export const modemChangesTable = (changes: readonly ModemChange[]): Table => ({
  head: ['AT', 'STATE', 'SIM', 'REGISTERED', 'DATA', 'OPERATOR', 'RAT', 'BAND', 'CELL'],
  rows: changes.map((one) => [
    one.at.slice(0, 19).replace('T', ' '),
    ...[
      one.state,
      one.sim,
      one.registration,
      one.dataSession,
      one.operator,
      one.rat,
      one.band,
      one.cellId,
    ].map(orDash),
  ]),
})
