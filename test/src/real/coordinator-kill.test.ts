// The coordinator as shipped is killed at random moments under load: what it acknowledged is there, once, and nothing is broken.
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { connect, type MqttClient } from 'mqtt'
import { macKeyOfSecret, withMac } from '@infra-home/shared/seal/mac.ts'
import t from 'tap'
import { openStoreHere } from '@infra-home/coordinator/db/open-store-here.ts'
import { machineClock } from '@infra-home/coordinator/machine-clock.ts'
import { addSeq, EMPTY_SEQ_SET, hasSeq, type SeqSet } from '@infra-home/shared/seq-set.ts'
import { type Addresses, coordinatorHome } from '../helpers/coordinator-process.ts'
import { eventually } from '../helpers/eventually.ts'
import { voice } from '../helpers/said.ts'

const KILLS = 20
const NODES = ['rpi4-1', 'rpi4-2', 'phone-1']

/** A node that goes on speaking whatever happens, and remembers what was acknowledged. */
const speaker = (node: string, secret: string) => {
  const self = voice(node, machineClock())
  const key = macKeyOfSecret(secret, { site: 'home', node })
  let acknowledged: SeqSet = EMPTY_SEQ_SET
  let sent = 0
  let client: MqttClient | null = null
  return {
    sent: () => sent,
    acknowledged: () => acknowledged,
    async join({ mqtt }: Addresses): Promise<void> {
      const { hostname: host, port } = new URL(mqtt)
      client = connect({
        protocol: 'mqtt',
        host,
        port: Number(port),
        clientId: node,
        username: node,
        password: secret,
        reconnectPeriod: 0,
      })
      client.on('error', () => {})
      client.on('message', (_topic, payload) => {
        const ack = JSON.parse(payload.toString()) as SeqSet
        acknowledged = { upTo: Math.max(acknowledged.upTo, ack.upTo), above: ack.above }
      })
      await new Promise<void>((resolve) => client?.once('connect', () => resolve()))
      await client.subscribeAsync(`ih/1/${node}/ack`)
      // What was not acknowledged is still owed; this node has forgotten it, and says so by starting behind it.
      const [topic, birth] = self.birth([{ session: 1, from: 1 }])
      await client.publishAsync(topic, withMac(key, topic, JSON.stringify(birth)), { qos: 1 })
    },
    speak(): void {
      sent++
      const [topic, message] =
        sent % 7 === 0
          ? self.state('link', 'eth0', null, sent)
          : self.tm({ 'host/host': { load1: sent } }, sent)
      client?.publish(topic, withMac(key, topic, JSON.stringify(message)), { qos: 1 }, () => {})
    },
    leave: () => void client?.end(true),
  }
}

t.test(
  `a coordinator that is killed ${KILLS} times under load loses nothing that it acknowledged`,
  async (t) => {
    const seed = Number(process.env['KILL_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
    t.comment(`KILL_SEED=${seed}`)
    let state = seed
    const random = (below: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
      return (state >> 8) % below
    }
    const home = coordinatorHome(NODES)
    t.teardown(home.remove)
    const nodes = NODES.map((node) => speaker(node, home.secrets.get(node) ?? ''))

    for (let kill = 0; kill < KILLS; kill++) {
      const coordinator = await home.start()
      await Promise.all(nodes.map((node) => node.join(coordinator.addresses)))
      const until = performance.now() + 30 + random(1500)
      while (performance.now() < until) {
        for (const node of nodes) node.speak()
        await wait(2)
      }
      await coordinator.end('SIGKILL')
      for (const node of nodes) node.leave()
    }

    const coordinator = await home.start()
    await Promise.all(nodes.map((node) => node.join(coordinator.addresses)))
    for (const node of nodes) for (let i = 0; i < 7; i++) node.speak()
    await eventually('a last acknowledgement', () =>
      nodes.every((node) => hasSeq(node.acknowledged(), node.sent())),
    )
    t.equal(await coordinator.end('SIGTERM'), 0, 'it stops cleanly')

    const store = await openStoreHere({ path: join(home.stateDir, 'infra-home.db') })
    t.match(await store.verify(), { ok: true }, 'the chain is whole')
    const inJournal = new Map<string, SeqSet>()
    let doubled = 0
    for await (const entry of store.tail(0)) {
      if (entry.kind !== 'numbers' && entry.kind !== 'message') continue
      const { node, seq } = entry.kind === 'numbers' ? entry.body.message : entry.body.said.message
      if (seq === null) continue
      const known = inJournal.get(node) ?? EMPTY_SEQ_SET
      if (hasSeq(known, seq)) doubled++
      inJournal.set(node, addSeq(known, seq))
    }
    await store.close()
    t.equal(doubled, 0, 'nothing is there twice')
    for (const [i, node] of nodes.entries()) {
      const known = inJournal.get(NODES[i] ?? '') ?? EMPTY_SEQ_SET
      const acknowledged = Array.from({ length: node.sent() }, (_, n) => n + 1).filter((seq) =>
        hasSeq(node.acknowledged(), seq),
      )
      t.ok(acknowledged.length > 0, `${acknowledged.length} of ${node.sent()} were acknowledged`)
      t.same(
        acknowledged.filter((seq) => !hasSeq(known, seq)),
        [],
        'each of them is in the journal',
      )
    }
  },
)
