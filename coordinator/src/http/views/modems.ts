import { elapsed, type Instant } from '@infra-home/shared/clock.ts'
import type { Numbers } from '@infra-home/shared/messages/tm.ts'
import { signalQuality } from '@infra-home/shared/signal-quality.ts'
import { type NodeWorld, statesOf } from '../../world/node.ts'
import { nodesOf, type World } from '../../world/world.ts'
import type { Table } from '../table/table.ts'
import { age, mark, orDash, value } from '../table/words.ts'
import { aged } from './ages.ts'

/** A radio value this old says nothing of now. */
const STALE_MS = 90_000

/** Every modem that is known. */
export const allModems = (world: World, now: Instant) =>
  nodesOf(world).flatMap((node) => modemViews(node, now))

/** Every modem of one node. */
export const modemViews = (node: NodeWorld, now: Instant) =>
  statesOf(node, 'modem').map(([id, fact]) => modemView(node, id, { body: fact.body, now }))

const modemView = (
  node: NodeWorld,
  id: string,
  {
    body,
    now,
  }: { readonly body: ReturnType<typeof statesOf<'modem'>>[number][1]['body']; readonly now: Instant },
) => {
  const numbers = node.numbers[`modem/${id}`] ?? null
  const values: Numbers = numbers?.values ?? {}
  const read = aged(node, numbers?.seen ?? null, now)
  const stale = read.stale || numbers === null || elapsed(numbers.seen.mono, now.mono) > STALE_MS
  return {
    node: node.name,
    id,
    ...body,
    rsrpDbm: values.rsrpDbm ?? null,
    rsrqDb: values.rsrqDb ?? null,
    sinrDb: values.sinrDb ?? null,
    rssiDbm: values.rssiDbm ?? null,
    quality: stale ? null : signalQuality(values),
    rxBytes: values.rxBytes ?? null,
    txBytes: values.txBytes ?? null,
    monthRxBytes: values.monthRxBytes ?? null,
    monthTxBytes: values.monthTxBytes ?? null,
    ...read,
    stale,
  }
}

export type ModemView = ReturnType<typeof modemView>

const hasRadio = ({ rsrpDbm, rsrqDb, sinrDb, rssiDbm }: ModemView): boolean =>
  [rsrpDbm, rsrqDb, sinrDb, rssiDbm].some((reading) => reading !== null)

export const modemsTable = (modems: readonly ModemView[]): Table => ({
  head: ['', 'NODE', 'MODEM', 'STATE', 'RAT', 'OPERATOR', 'RSRP', 'RSRQ', 'SINR', 'SIGNAL', 'READ', 'CAUSE'],
  rows: modems.map((modem) => [
    mark(modem.state !== 'online' || modem.stale || !hasRadio(modem)),
    modem.node,
    modem.id,
    modem.stale ? `${modem.state}?` : modem.state,
    orDash(modem.rat),
    orDash(modem.operator),
    value(modem.rsrpDbm, 'dBm'),
    value(modem.rsrqDb, 'dB'),
    value(modem.sinrDb, 'dB'),
    orDash(modem.quality),
    age(modem.ageMs),
    modem.cause ?? '',
  ]),
})
