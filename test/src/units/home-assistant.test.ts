import t from 'tap'
import { createEntryStream } from '@infra-home/coordinator/audit/stream.ts'
import type { Announced } from '@infra-home/coordinator/home-assistant/announced.ts'
import { discoveryOf } from '@infra-home/coordinator/home-assistant/discovery-of.ts'
import { idOf } from '@infra-home/coordinator/home-assistant/entity.ts'
import {
  openHomeAssistant,
  withdrawFromHomeAssistant,
} from '@infra-home/coordinator/home-assistant/open-home-assistant.ts'
import { readerMayPublish, readerMaySubscribe } from '@infra-home/coordinator/broker/rights.ts'
import { accessFor } from '@infra-home/coordinator/broker/mosquitto/access.ts'
import { milliseconds } from '@infra-home/shared/clock.ts'
import { type Discovery, discoveryProblems } from '../helpers/home-assistant-words.ts'
import { LINK, MODEM, voice } from '../helpers/said.ts'
import { smallHouse } from '../helpers/small-house.ts'

const NODE = 'infra-home_home_node_rpi4-1'
const MIFI = 'infra-home_home_modem_rpi4-1_mifi'
const config = (device: string): string => `homeassistant/device/${device}/config`
const state = (device: string): string => `ih/1/$coord/home-assistant/${device}`
const RADIO = { 'modem/mifi': { rsrpDbm: -90, rsrqDb: -10, sinrDb: 12, rssiDbm: -60 } }

/** A small house whose words to Home Assistant are kept; `kept` is what an earlier run left. */
const fedHouse = async (kept: { text: string | null } = { text: null }) => {
  const house = smallHouse()
  const stream = createEntryStream()
  const push = house.journal.push.bind(house.journal)
  house.journal.push = (...entries) => {
    for (const entry of entries) stream.publish(entry)
    return push(...entries)
  }
  const said: { topic: string; payload: string }[] = []
  const line = { isUp: true }
  const homeAssistant = openHomeAssistant('homeassistant')
  const parts = {
    ...house,
    stream,
    topology: null,
    wan: null,
    version: '0.1.0',
    store: {
      get: async () => kept.text,
      set: async (_key: string, value: string | null) => void (kept.text = value),
    },
    async publish(topic: string, payload: string) {
      if (!line.isUp) throw new Error('no broker')
      said.push({ topic, payload })
    },
    log() {},
  }
  const stop = await homeAssistant.feed(parts)
  const node = voice('rpi4-1', house.clock)
  house.hear(node.presence('ready'))
  house.hear(node.birth())
  house.hear(node.state('link', 'eth0', LINK))
  house.hear(node.state('modem', 'mifi', MODEM))
  house.hear(node.tm(RADIO))
  const pass = (s: number): Promise<void> => house.clock.advance(milliseconds(s * 1000))
  await pass(1)
  const topics = (): string[] => said.map(({ topic }) => topic)
  const shown = (device: string): unknown =>
    JSON.parse(said.findLast(({ topic }) => topic === state(device))?.payload ?? 'null')
  return { house, homeAssistant, parts, said, line, kept, node, pass, topics, shown, stop }
}

t.test('the words to Home Assistant', async (t) => {
  t.test('are all there are for a world, the same each time', async (t) => {
    const { house, parts } = await fedHouse()
    const scene = { ...parts, now: house.clock.now() }
    const words = discoveryOf(scene, 'other')
    t.same(
      words.map(({ topic }) => topic),
      ['infra-home_home', NODE, MIFI].flatMap((id) => [`other/device/${id}/config`, state(id)]),
    )
    t.same(discoveryOf(scene, 'other'), words)
    for (const { topic, payload } of words.filter((word) => word.topic.endsWith('/config')))
      t.same(discoveryProblems(JSON.parse(payload) as Discovery), [], topic)
  })

  t.test('are said once, gathered, and again only for what changed', async (t) => {
    const { house, said, node, pass, topics } = await fedHouse()
    t.ok([NODE, MIFI].every((id) => topics().includes(config(id)) && topics().includes(state(id))))
    said.length = 0
    house.hear(node.tm(RADIO))
    await pass(1)
    t.same(said, [], 'the same numbers are no news')
    house.hear(node.tm({ 'modem/mifi': { rsrpDbm: -95 } }))
    house.hear(node.tm({ 'modem/mifi': { rsrpDbm: -96 } }))
    await pass(0.5)
    t.same(said, [])
    await pass(0.5)
    t.same(topics(), [state(MIFI)])
    t.match(JSON.parse(said[0]?.payload ?? ''), { available: true, rsrp: -96, sinr: 12 })
  })

  t.test('are said again before anybody takes them for old', async (t) => {
    const { house, said, node, pass, topics } = await fedHouse()
    said.length = 0
    for (let s = 0; s < 330; s += 10) {
      house.hear(node.tm(RADIO))
      await pass(10)
    }
    t.same(topics().sort(), [state('infra-home_home'), state(MIFI), state(NODE)].sort())
  })

  t.test('are said again when Home Assistant or the broker starts, however often they say so', async (t) => {
    const { homeAssistant, said, pass, topics } = await fedHouse()
    for (const again of [
      () => homeAssistant.heard('online'),
      () => homeAssistant.reconnected(),
      () => Array.from({ length: 100 }, () => homeAssistant.heard('online')),
    ]) {
      said.length = 0
      again()
      await pass(1)
      t.equal(topics().length, 6)
      t.equal(new Set(topics()).size, 6)
    }
    said.length = 0
    homeAssistant.heard('offline')
    await pass(1)
    t.same(said, [])
  })

  t.test('that nobody heard are said when the broker is back', async (t) => {
    const { house, homeAssistant, said, line, node, pass, shown } = await fedHouse()
    line.isUp = false
    house.hear(node.tm({ 'modem/mifi': { rsrpDbm: -100 } }))
    await pass(1)
    said.length = 0
    line.isUp = true
    homeAssistant.reconnected()
    await pass(1)
    t.match(shown(MIFI), { rsrp: -100 })
  })

  t.test('call old values unavailable, and a lost node lost', async (t) => {
    const { pass, shown } = await fedHouse()
    await pass(200)
    t.match(shown(MIFI), { available: false })
    t.match(shown(NODE), { available: false, connected: 'OFF', presence: 'lost', problem: 'ON' })
    t.match(shown('infra-home_home'), { problem: 'ON' })
  })
  t.test('show unknown as null', async (t) => {
    const { house, node, pass, shown } = await fedHouse()
    house.hear(node.state('modem', 'mifi', { ...MODEM, operator: null }))
    house.hear(node.tm({ 'modem/mifi': { rsrpDbm: null } }))
    await pass(1)
    t.match(shown(MIFI), { rsrp: null, operator: null })
  })

  t.test('take a modem back that is gone', async (t) => {
    const { house, said, node, pass, kept } = await fedHouse()
    t.ok(Object.keys(JSON.parse(kept.text ?? '{}') as Announced).includes(config(MIFI)))
    said.length = 0
    house.hear(node.state('modem', 'mifi', null))
    await pass(1)
    t.same(
      said.filter(({ payload }) => payload === '').map(({ topic }) => topic),
      [config(MIFI), state(MIFI)],
    )
    t.notOk(Object.keys(JSON.parse(kept.text ?? '{}') as Announced).includes(config(MIFI)))
  })
  t.test('take a node back that is forgotten, and all of its things', async (t) => {
    const { house, said, pass } = await fedHouse()
    said.length = 0
    house.mind.take({
      kind: 'request',
      node: 'rpi4-1',
      body: { request: 'forget-node', node: 'rpi4-1', by: 'a' },
    })
    await pass(1)
    t.same(
      said.filter(({ payload }) => payload === '').map(({ topic }) => topic),
      [config(NODE), state(NODE), config(MIFI), state(MIFI)],
    )
  })
  t.test('take a link away by its platform alone', async (t) => {
    const { house, said, node, pass } = await fedHouse()
    house.hear(node.state('link', 'eth0', null))
    await pass(1)
    const last = said.findLast(({ topic }) => topic === config(NODE))
    t.same((JSON.parse(last?.payload ?? '{}') as Discovery).components['link_eth0'], {
      platform: 'binary_sensor',
    })
  })

  t.test(
    'of an earlier run are taken back when their thing went meanwhile, or nobody is fed any more',
    async (t) => {
      const old: Announced = {
        [config('gone')]: { state: state('gone'), components: { rsrp: 'sensor' } },
      }
      const { said } = await fedHouse({ text: JSON.stringify(old) })
      t.same(
        said.filter(({ payload }) => payload === '').map(({ topic }) => topic),
        [config('gone'), state('gone')],
      )
      const { parts, kept, said: later } = await fedHouse()
      later.length = 0
      await withdrawFromHomeAssistant(parts)
      t.same(
        later.map(({ topic, payload }) => [topic, payload]),
        ['infra-home_home', NODE, MIFI].flatMap((id) => [
          [config(id), ''],
          [state(id), ''],
        ]),
      )
      t.equal(kept.text, null)
    },
  )

  t.test('are none while another coordinator rules', async (t) => {
    const { house, said, homeAssistant, pass } = await fedHouse()
    said.length = 0
    house.mind.take({ kind: 'system', body: { event: 'deposed', by: 9 } })
    homeAssistant.heard('online')
    await pass(1000)
    t.same(said, [])
  })

  t.test('have ids that no two interfaces share', async (t) => {
    const names = ['eth0.10', 'eth0_10', 'eth0_2e10', 'eth0-10', 'wlan/1', 'ärger']
    t.equal(new Set(names.map(idOf)).size, names.length)
    t.ok(names.map(idOf).every((id) => /^[A-Za-z0-9_-]+$/.test(id)))
  })
})

t.test('a reader may hear the home and what makes devices of it, and say that it has started', async (t) => {
  for (const [filter, prefix, may] of [
    ['ih/1/#', 'homeassistant', true],
    ['homeassistant/+/+/config', 'homeassistant', true],
    ['ha/device/+/config', 'ha', true],
    ['homeassistant/#', 'ha', false],
    ['#', 'homeassistant', false],
    ['homeassistantx/#', 'homeassistant', false],
  ] as const)
    t.equal(readerMaySubscribe(filter, prefix), may, `${filter} ${prefix}`)
  for (const [topic, may] of [
    ['ha/status', true],
    ['homeassistant/status', false],
    ['ha/device/x/config', false],
    ['ih/1/rpi4-1/cmd/reboot', false],
  ] as const)
    t.equal(readerMayPublish(topic, 'ha'), may, topic)
  t.same(
    accessFor([['ear', { role: 'reader', revoked: null }]], 'ha')
      .get('ear')
      ?.map(({ acltype, topic }) => `${acltype} ${topic}`),
    ['subscribePattern ih/1/#', 'subscribePattern ha/#', 'publishClientSend ha/status'],
  )
})
