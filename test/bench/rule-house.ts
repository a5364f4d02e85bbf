import type { Rule } from '@infra-home/coordinator/alerts/rule.ts'
import type { RuleData } from '@infra-home/coordinator/alerts/rule-data.ts'
import { decide } from '@infra-home/coordinator/decide/decide.ts'
import { createMind } from '@infra-home/coordinator/mind.ts'
import { paramsOf } from '@infra-home/coordinator/params.ts'
import { emptyWorld } from '@infra-home/coordinator/world/world.ts'
import { type Clock, type Instant, monoMs, wallMs } from '@infra-home/shared/clock.ts'
import type { BirthMessage } from '@infra-home/shared/messages/birth.ts'
import type { StateMessage } from '@infra-home/shared/messages/states.ts'
import type { TmMessage } from '@infra-home/shared/messages/tm.ts'
import { ulidFactory } from '@infra-home/shared/ulid.ts'
import { LINK, MODEM, voice } from '../src/helpers/said.ts'

export type RuleHouse = {
  /** So many nodes say something new: taken in, judged by every rule, decided on. */
  tick(changed: number): void
  /** The same, and then every rule looks at every node. */
  tickOfAll(changed: number): void
  readonly alerts: () => number
}

const EACH_TICK_MS = 10_000
/** One node in twenty has something that fires. */
const TROUBLED = 20

/**
 * A mind without a disk over `nodes` nodes with a host, two links and a modem each, and `count` rules: all of ours, the rest an owner's.
 * @param onLook called whenever a rule of ours looks at what it can speak of on a node
 */
export const ruleHouse = (nodes: number, count: number, onLook?: () => void): RuleHouse => {
  let now: Instant = { wall: wallMs(Date.UTC(2026, 10, 11)), mono: monoMs(1_000_000) }
  const clock: Clock = { now: () => now, after: () => () => {} }
  const own = paramsOf({})
  const params = onLook ? { ...own, rules: own.rules.map((rule) => watched(rule, onLook)) } : own
  const world = { ...emptyWorld('bench', null), epoch: 1 }
  let chance = 0
  const newId = ulidFactory(() => [1, ++chance])
  const mind = createMind({ world, params, clock, newId, record() {}, act() {} })
  const rules = Array.from({ length: count - params.rules.length }, (_, i) => ownRule(i))
  mind.take({ kind: 'request', body: { request: 'set-rules', rules, by: 'bench' } })
  const seen = () => ({ ...now, corrected: true })
  const voices = Array.from({ length: nodes }, (_, i) => voice(`node-${i}`, clock, { site: 'bench' }))
  for (const by of voices) {
    const [, birth] = by.birth()
    mind.take({
      kind: 'message',
      node: by.node,
      body: { seen: seen(), said: { kind: '$birth', message: birth as BirthMessage } },
    })
    for (const [state, id, body] of [
      ['link', 'eth0', LINK],
      ['link', 'wlan0', LINK],
      ['modem', 'lte', MODEM],
    ] as const) {
      const [, message] = by.state(state, id, body)
      const said = { kind: 'state', state, id, message: message as StateMessage } as const
      mind.take({ kind: 'message', node: by.node, body: { seen: seen(), said } })
    }
  }

  let turn = 0
  const tick = (changed: number): void => {
    now = { wall: wallMs(now.wall + EACH_TICK_MS), mono: monoMs(now.mono + EACH_TICK_MS) }
    for (let i = 0; i < changed; i++) {
      const at = turn++ % nodes
      const by = voices[at]
      if (!by) continue
      const [, message] = by.tm(numbersOf(turn, at % TROUBLED === 0))
      mind.take({ kind: 'numbers', node: by.node, body: { seen: seen(), message: message as TmMessage } })
    }
  }
  tick(nodes)
  return {
    tick,
    tickOfAll(changed) {
      tick(changed)
      for (const name of Object.keys(world.nodes)) decide(world, name, now, params)
    },
    alerts: () => Object.keys(world.alerts).length,
  }
}

const watched = (rule: Rule, onLook: () => void): Rule => ({
  ...rule,
  subjects(...about) {
    onLook()
    return rule.subjects(...about)
  },
})

const numbersOf = (turn: number, isTroubled: boolean) => ({
  'host/host': {
    load1: isTroubled ? 9 : 1 + (turn % 10) / 10,
    temperatureC: 45 + (turn % 5),
    memoryTotalBytes: 4e9,
    memoryAvailableBytes: 2e9,
    diskTotalBytes: 32e9,
    diskAvailableBytes: 20e9,
  },
  'link/eth0': { rxBytes: 1000 * turn, txBytes: 1000 * turn, rxErrors: 0 },
  'link/wlan0': { rxBytes: 100 * turn, txBytes: 100 * turn, signalDbm: -60 },
  'modem/lte': { rsrpDbm: -90 - (turn % 4), rsrqDb: -11, sinrDb: 9, rssiDbm: -65, rxBytes: 1000 * turn },
})

/** Rules of every sort, in turn. */
const ownRule = (i: number): RuleData => {
  const own = { code: `own-${i}`, severity: 'warning', advice: 'look', fireAfterMs: 30_000 } as const
  const sorts: readonly Partial<RuleData>[] = [
    { metric: 'load1', fire: 4 + i / 100, clear: 2 },
    { metric: 'temperatureC', fire: 80, clear: 70, absent: 'fires' },
    { of: { thing: 'link/*' }, metric: 'rxErrors', fire: 100 + i, clear: 10 },
    { of: { thing: 'modem/*' }, metric: 'sinrDb', fire: -5, clear: 0 },
    { of: { thing: 'modem/lte' }, field: 'registration', fireOn: ['roaming', 'denied'] },
    { of: { thing: 'link/eth0' }, metric: 'rxBytes', rate: { perMs: 600_000 }, fire: 1e9, clear: 1e8 },
  ]
  return { ...own, ...sorts[i % sorts.length] }
}
