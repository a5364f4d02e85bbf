// What a Home Assistant hears at a real Mosquitto of a simulated home.
import { connect, type MqttClient } from 'mqtt'
import t, { type Test } from 'tap'
import { eventually } from '../helpers/eventually.ts'
import { type Discovery, discoveryProblems } from '../helpers/home-assistant-words.ts'
import { type Mosquitto, READER, startMosquitto } from '../helpers/mosquitto.ts'
import { needPrograms, orSkip } from '../helpers/real-server.ts'
import { simulatedHome } from '../helpers/simulated-home.ts'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

const FILTERS = ['homeassistant/+/+/config', 'homeassistant/device/+/config', 'ih/1/$coord/#']

type Ear = {
  readonly client: MqttClient
  /** The newest of each topic; an empty payload takes one away. */
  readonly heard: Map<string, string>
  count: number
}

/** Somebody who hears what Home Assistant hears. */
const listen = async (t: Test, broker: Mosquitto): Promise<Ear> => {
  const client = connect(`mqtt://127.0.0.1:${broker.port}`, {
    clientId: READER,
    username: READER,
    password: 'a secret',
    reconnectPeriod: 0,
  })
  const ear: Ear = { client, heard: new Map(), count: 0 }
  client.on('message', (topic, payload) => {
    ear.count++
    if (payload.length > 0) ear.heard.set(topic, payload.toString())
    else ear.heard.delete(topic)
  })
  t.teardown(() => void client.end(true))
  await new Promise((done) => client.once('connect', done))
  await client.subscribeAsync(FILTERS)
  return ear
}

const config = (device: string): string => `homeassistant/device/infra-home_home${device}/config`
const state = (device: string): string => `ih/1/$coord/home-assistant/infra-home_home${device}`

t.test('a Home Assistant at Mosquitto', async (t) => {
  const secrets = (nodes: Readonly<Record<string, string>>) => ({
    ...nodes,
    coordinator: 'its secret',
    [READER]: 'a secret',
  })
  const home = simulatedHome({ homeAssistant: {} })
  t.teardown(home.stop)
  const broker = await orSkip(t, 'Mosquitto', () => {
    needPrograms({ mosquitto: 'mosquitto', mosquitto_passwd: 'mosquitto' })
    return startMosquitto(secrets(home.secrets))
  })
  if (!broker) return
  t.teardown(broker.stop)
  writeFileSync(join(home.stateDir, 'mqtt.password'), 'its secret')
  home.configure({
    broker: {
      kind: 'external',
      host: '127.0.0.1',
      port: broker.port,
      username: 'coordinator',
      passwordFile: 'mqtt.password',
    },
  })
  await home.start()

  const everything = [
    '',
    '_node_rpi4-1',
    '_node_phone-3',
    '_modem_rpi4-1_mifi',
    '_uplink_mifi',
    '_uplink_tether',
  ]
  /** What is announced later than these is whole, too. */
  const complete = (ear: Ear) => () =>
    everything.every((device) => ear.heard.has(config(device))) &&
    [...ear.heard].every(
      ([topic, text]) =>
        !topic.startsWith('homeassistant/') || ear.heard.has((JSON.parse(text) as Discovery).state_topic),
    )
  const shows = (ear: Ear, device: string) =>
    JSON.parse(ear.heard.get(state(device)) ?? '{}') as Readonly<Record<string, unknown>>

  await t.test('finds every node, modem and uplink by itself', async (t) => {
    const ear = await listen(t, broker)
    await eventually('all devices', complete(ear))
    await eventually('a signal', () => typeof shows(ear, '_modem_rpi4-1_mifi')['rsrp'] === 'number')
    for (const [device, wanted] of [
      ['_node_rpi4-2', { available: true, connected: 'ON', link_eth0: 'ON', vlan_eth0_2e10: 'ON' }],
      ['_uplink_mifi', { state: 'up', active: 'ON' }],
    ] as const)
      await eventually(device, () =>
        Object.entries(wanted).every(([name, value]) => shows(ear, device)[name] === value),
      )
  })

  await t.test(
    'every payload is one that Home Assistant documents, and every template finds its value',
    async (t) => {
      const ear = await listen(t, broker)
      await eventually('all devices', complete(ear))
      const unique = new Set<string>()
      let entities = 0
      for (const [topic, text] of ear.heard) {
        if (!topic.startsWith('homeassistant/')) continue
        const payload = JSON.parse(text) as Discovery
        t.same(discoveryProblems(payload), [], topic)
        const shown = JSON.parse(ear.heard.get(payload.state_topic) ?? '{}') as object
        for (const component of Object.values(payload.components)) {
          if (!('unique_id' in component)) continue
          entities++
          unique.add(component.unique_id)
          const member = /value_json\['(.+)'\]/.exec(component.value_template)?.[1] ?? ''
          t.ok(member in shown, `${component.unique_id} is shown`)
        }
      }
      t.ok(entities > 80, `${entities} entities`)
      t.equal(unique.size, entities, 'no id is there twice')
    },
  )

  await t.test('that starts anew is told everything again', async (t) => {
    const ear = await listen(t, broker)
    await eventually('all devices', complete(ear))
    ear.heard.clear()
    await ear.client.publishAsync('homeassistant/status', 'online')
    await eventually('all devices again', complete(ear))
  })

  await t.test('that says anything else is not heard', async (t) => {
    const ear = await listen(t, broker)
    await ear.client.publishAsync(config('_node_rpi4-1'), '')
    await ear.client.publishAsync('homeassistant/status', 'online')
    await eventually('all devices', complete(ear))
    t.ok(ear.heard.has(config('_node_rpi4-1')))
  })

  await t.test('has everything back after the broker lost its memory', async (t) => {
    await broker.restart()
    const ear = await listen(t, broker)
    await eventually('all devices', complete(ear))
  })
})
