// Mosquitto as the broker of a home: certificates at the door, rights from our registry through its dynamic-security plugin.
import { spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { type AddressInfo, connect as dialPort, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type MqttClient } from 'mqtt'
import t, { type Test } from 'tap'
import { accessFor } from '@infra-home/coordinator/broker/mosquitto/access.ts'
import { firstBook } from '@infra-home/coordinator/broker/mosquitto/first-book.ts'
import { followLog } from '@infra-home/coordinator/broker/mosquitto/follow-log.ts'
import { type LoggedRefusal, refusalReader } from '@infra-home/coordinator/broker/mosquitto/refusals.ts'
import { externalBus } from '@infra-home/coordinator/broker/external.ts'
import { machineClock } from '@infra-home/coordinator/machine-clock.ts'
import { type Authority, openAuthority } from '@infra-home/coordinator/trust/authority.ts'
import { type Identities, openIdentities, type Role } from '@infra-home/coordinator/trust/identities.ts'
import { type Clock, milliseconds, wallMs } from '@infra-home/shared/clock.ts'
import { eventually } from '../helpers/eventually.ts'
import { ownMs, startTook, tookWords } from '../helpers/late-ticks.ts'
import { startSecureMosquitto } from '../helpers/secure-mosquitto.ts'

/** A line to Mosquitto that can be held: what is said meanwhile comes late, or never. */
const lineTo = async (t: Test, port: number) => {
  const sockets = new Set<Socket>()
  let held = false
  const server = createServer((near) => {
    const far = dialPort(port, '127.0.0.1')
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from)
      from.pipe(to)
      from.on('error', () => to.destroy())
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
    }
    if (held) hold()
  })
  const hold = (): void => {
    held = true
    for (const socket of sockets) socket.pause()
  }
  const cut = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
    cut()
  })
  return {
    port: (server.address() as AddressInfo).port,
    hold,
    release() {
      held = false
      for (const socket of sockets) socket.resume()
    },
    cut,
  }
}

const DAY = 86_400_000
const clock = machineClock()
/** Waits a tenth as long, so that what waits for seconds can be seen. */
const hurried: Clock = { ...clock, after: (delay, fn) => clock.after(milliseconds(delay / 10), fn) }
const missing = spawnSync('mosquitto', ['-h']).error ? 'Mosquitto is not installed' : false

type Paper = { readonly key: string; readonly cert: string; readonly serial: string }

const paper = async (
  authority: Authority,
  name: string,
  { days = 30, server = false }: { readonly days?: number; readonly server?: boolean } = {},
): Promise<Paper & { readonly publicKey: string; readonly notAfter: string }> => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const spki = publicKey.export({ format: 'pem', type: 'spki' }).toString()
  const { certificate, serial, notAfter } = await authority.issue({
    name,
    publicKey: spki,
    notAfter: wallMs(Date.now() + days * DAY),
    ...(server && { serverNames: ['127.0.0.1', 'localhost'] }),
  })
  const key = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
  return { key, cert: certificate, serial, publicKey: spki, notAfter }
}

const house = async (t: Test) => {
  const folder = mkdtempSync(join(tmpdir(), 'infra-home-gate-'))
  const authority = await openAuthority(folder, 'home')
  const identities: Identities = openIdentities(folder)
  const broker = await paper(authority, 'broker', { server: true })
  const mosquitto = await startSecureMosquitto({
    authority: authority.certificate,
    certificate: broker.cert,
    key: broker.key,
    revocationList: await authority.revocationList([]),
    dynamicSecurity: firstBook('coordinator'),
  })
  t.teardown(mosquitto.stop)
  let own = await paper(authority, 'coordinator', { server: true })
  let tellRenewed = (): void => {}
  /** Gives the coordinator another certificate, and says the serial of the one before. */
  const renewOwn = async (): Promise<string> => {
    const old = own.serial
    own = await paper(authority, 'coordinator', { server: true })
    tellRenewed()
    return old
  }
  const line = await lineTo(t, mosquitto.port)
  const heard: string[] = []
  const outOfStep: string[] = []
  let connections = 0
  const bus = externalBus({
    host: '127.0.0.1',
    port: line.port,
    clock: hurried,
    log: () => {},
    identity: {
      kind: 'certificate',
      name: 'coordinator',
      material: async () => own,
      onRenewed: (listener) => (tellRenewed = listener),
      authority: async () => authority.certificate,
    },
    wanted: () => accessFor(identities.all()),
    will: () => 'offline',
    onConnected: () => connections++,
    onArrival: ({ topic, payload }) => heard.push(`${topic} ${Buffer.from(payload).toString()}`),
    onCoordinatorState: () => {},
    onRefused: (reason, detail) => outOfStep.push(`${reason} ${detail}`),
  })
  await bus.start()
  t.teardown(() => bus.stop())
  const refusals: LoggedRefusal[] = []
  const readRefusals = refusalReader()
  t.teardown(followLog(mosquitto.logFile, clock, (line) => refusals.push(...readRefusals(line))))
  const enrol = async (name: string, role: Role = 'node'): Promise<Paper> => {
    const given = await paper(authority, name)
    const { serial, notAfter, publicKey } = given
    identities.enrol(name, { role, by: 'test', serial, notAfter, publicKey, at: wallMs(Date.now()) })
    bus.cut?.(name)
    return given
  }
  const dial = (given: Partial<Paper>, options: object = {}): Promise<MqttClient> =>
    new Promise((resolve, reject) => {
      const client = connect({
        protocol: 'mqtts',
        host: '127.0.0.1',
        port: mosquitto.port,
        ...given,
        ca: authority.certificate,
        clientId: 'whoever',
        reconnectPeriod: 0,
        ...options,
      })
      t.teardown(() => void client.end(true))
      client.once('connect', () => resolve(client))
      client.on('error', reject)
      client.once('close', () => reject(new Error('closed')))
    })
  /** Connects until the plugin has heard of it: its sessions end when its rights change, as they should. */
  const admitted = (given: Paper, topic: string): Promise<MqttClient> =>
    eventually(`${topic} to be granted`, async () => {
      const client = await dial(given).catch(() => null)
      if (!client) return null
      const gone = new Promise<false>((resolve) => client.once('close', () => resolve(false)))
      const granted = client.subscribeAsync(topic).then(
        () => true,
        () => false,
      )
      if (await Promise.race([granted, gone])) return client
      client.end(true)
      return null
    })
  return {
    authority,
    identities,
    mosquitto,
    line,
    bus,
    heard,
    outOfStep,
    connections: () => connections,
    renewOwn,
    refusals,
    enrol,
    dial,
    admitted,
  }
}

t.test('Mosquitto with certificates', { skip: process.env['CI'] === 'true' ? false : missing }, async (t) => {
  const home = await house(t)
  const { enrol, dial, admitted, heard, refusals, bus } = home
  const pi = await enrol('rpi4-1')
  const phone = await enrol('phone-1')
  const reader = await enrol('grafana', 'reader')
  const client = await admitted(pi, 'ih/1/rpi4-1/ack')

  await t.test('a node is who its certificate says, whatever it calls itself', async (t) => {
    const other = await dial(phone, { clientId: 'rpi4-1', username: 'coordinator', password: 'x' })
    await other.publishAsync('ih/1/rpi4-1/tm', 'forged', { qos: 1 })
    await eventually('to speak', async () => {
      await other.publishAsync('ih/1/phone-1/tm', 'own', { qos: 1 })
      return heard.includes('ih/1/phone-1/tm own')
    })
    t.ok(client.connected, 'and threw nobody out')
    t.notOk(heard.includes('ih/1/rpi4-1/tm forged'))
    other.end(true)
  })

  await t.test('it says and hears its own and nothing else', async (t) => {
    const forbidden = [
      'ih/1/phone-1/tm',
      'ih/1/rpi4-1/ack',
      'ih/1/rpi4-1/cmd/rebirth',
      'ih/1/$coord/state',
      '$CONTROL/dynamic-security/v1',
      'homeassistant/status',
    ]
    for (const topic of forbidden) await client.publishAsync(topic, 'forged', { qos: 1 })
    for (const filter of ['#', 'ih/1/#', 'ih/1/+/ack', 'ih/1/phone-1/cmd/+', '$CONTROL/#', '$SYS/#'])
      await t.rejects(client.subscribeAsync(filter), filter)
    for (const topic of ['ih/1/rpi4-1/tm', 'ih/1/rpi4-1/state/link/eth0.10', 'ih/1/rpi4-1/$birth'])
      await client.publishAsync(topic, 'right', { qos: 1 })
    await eventually('what is right', () => heard.filter((text) => text.endsWith(' right')).length === 3)
    t.notOk(heard.some((text) => text.includes('forged')))
    const answer = new Promise<void>((resolve) => client.once('message', () => resolve()))
    await bus.publish('ih/1/rpi4-1/ack', 'for you', { qos: 1, retain: false })
    await answer
    await eventually(
      'refusals in the log',
      () => refusals.filter(({ reason }) => reason === 'forbidden-publish').length >= forbidden.length,
    )
    t.ok(refusals.some(({ reason, detail }) => reason === 'forbidden-subscribe' && detail === 'rpi4-1 to #'))
  })

  await t.test('a reader hears all of the home and says nothing', async (t) => {
    const ears = await admitted(reader, 'ih/1/#')
    const said: string[] = []
    ears.on('message', (topic) => said.push(topic))
    await ears.publishAsync('ih/1/rpi4-1/tm', 'forged', { qos: 1 })
    await client.publishAsync('ih/1/rpi4-1/tm', 'again', { qos: 1 })
    await eventually('what is said', () => said.includes('ih/1/rpi4-1/tm'))
    await bus.publish('ih/1/$coord/alerts/on/code/rpi4-1/mifi', '{}', { qos: 1, retain: true })
    await eventually('an alert', () => said.includes('ih/1/$coord/alerts/on/code/rpi4-1/mifi'))
    t.notOk(heard.includes('ih/1/rpi4-1/tm forged'))
    await t.rejects(ears.subscribeAsync('$CONTROL/#'))
    await ears.subscribeAsync('homeassistant/+/+/config') // as Home Assistant does
  })

  await t.test('nobody comes in without a certificate of ours', async (t) => {
    const elsewhere = await openAuthority(mkdtempSync(join(tmpdir(), 'infra-home-elsewhere-')), 'home')
    await t.rejects(dial({}), 'with none')
    await t.rejects(dial(await paper(elsewhere, 'rpi4-1')), 'with one of another authority')
    await t.rejects(dial(await paper(home.authority, 'rpi4-1', { days: -1 })), 'with one that has expired')
    const stranger = await dial(await paper(home.authority, 'stranger'))
    await stranger.publishAsync('ih/1/stranger/tm', 'unknown', { qos: 1 })
    await t.rejects(
      stranger.subscribeAsync('ih/1/stranger/ack'),
      'with one that nobody has enrolled, for anything',
    )
    await eventually('both in the log', async () => {
      await dial({}).catch(() => {})
      return ['no-certificate', 'bad-certificate'].every((reason) =>
        refusals.some((refusal) => refusal.reason === reason),
      )
    })
    t.notOk(heard.some((text) => text.endsWith(' unknown')))
  })

  await t.test('whoever is revoked is out within a second, and out for good', async (t) => {
    const gone = new Promise<void>((resolve) => client.once('close', () => resolve()))
    const took = startTook()
    home.identities.revoke('rpi4-1', { at: wallMs(Date.now()), by: 'test' })
    bus.cut?.('rpi4-1')
    await gone
    const cut = took()
    t.ok(ownMs(cut) < 1000, `after ${tookWords(cut)}`)
    const back = await dial(pi)
    await back.publishAsync('ih/1/rpi4-1/tm', 'from the grave', { qos: 1 })
    await t.rejects(back.subscribeAsync('ih/1/rpi4-1/ack'), 'it may say and hear nothing')
    t.notOk(heard.includes('ih/1/rpi4-1/tm from the grave'))
    await home.mosquitto.revoke(
      await home.authority.revocationList(home.identities.withdrawn(wallMs(Date.now()))),
    )
    await t.rejects(dial(pi), 'and after the reload not even come in')
  })

  await t.test('a thief of the old certificate gains nothing when the node is enrolled again', async (t) => {
    const fresh = await enrol('rpi4-1')
    await home.mosquitto.revoke(
      await home.authority.revocationList(home.identities.withdrawn(wallMs(Date.now()))),
    )
    await t.rejects(dial(pi))
    const again = await admitted(fresh, 'ih/1/rpi4-1/ack')
    await again.publishAsync('ih/1/rpi4-1/tm', 'reborn', { qos: 1 })
    await eventually('the new one', () => heard.includes('ih/1/rpi4-1/tm reborn'))
  })

  await t.test('a broker that was restarted is driven again', async () => {
    await home.mosquitto.restart()
    const given = await enrol('rpi4-2')
    await eventually('the coordinator', () => bus.connected())
    await eventually('the newcomer', async () => {
      const late = await admitted(given, 'ih/1/rpi4-2/ack') // once more where it is cut, as when its access is written anew
      const gone = new Promise<void>((resolve) => late.once('close', () => resolve()))
      const said = late.publishAsync('ih/1/rpi4-2/tm', 'hello', { qos: 1 }).catch(() => {})
      await Promise.race([said, gone])
      return heard.includes('ih/1/rpi4-2/tm hello')
    })
  })

  await t.test(
    'whoever is enrolled while the plugin’s answers are lost comes in without another change',
    async () => {
      const before = home.outOfStep.length
      home.line.hold()
      const given = await enrol('rpi4-3')
      await eventually('to be counted', () =>
        home.outOfStep.slice(before).some((said) => /^access-not-applied .* does not answer/.test(said)),
      )
      home.line.release()
      const late = await admitted(given, 'ih/1/rpi4-3/ack')
      late.end(true)
    },
  )

  await t.test('whoever is revoked while the coordinator is cut off is out when it is back', async () => {
    const given = await enrol('rpi4-4')
    const left = await admitted(given, 'ih/1/rpi4-4/ack')
    const gone = new Promise<void>((resolve) => left.once('close', () => resolve()))
    home.line.hold()
    home.identities.revoke('rpi4-4', { at: wallMs(Date.now()), by: 'test' })
    bus.cut?.('rpi4-4')
    home.line.cut()
    home.line.release()
    await gone
    await eventually('the coordinator', () => bus.connected())
  })

  await t.test('an old session of a node that is enrolled again meanwhile ends, too', async () => {
    const left = await admitted(await enrol('rpi4-5'), 'ih/1/rpi4-5/ack')
    const gone = new Promise<void>((resolve) => left.once('close', () => resolve()))
    home.line.hold()
    const fresh = await enrol('rpi4-5')
    home.line.cut()
    home.line.release()
    await gone
    await admitted(fresh, 'ih/1/rpi4-5/ack')
  })

  await t.test(
    'the coordinator connects anew when its certificate was renewed, without its last will',
    async (t) => {
      const ears = await admitted(reader, 'ih/1/#')
      const said: string[] = []
      ears.on(
        'message',
        (topic, payload, { retain }) => retain || said.push(`${topic} ${payload.toString()}`),
      )
      const before = home.connections()
      const old = await home.renewOwn()
      await eventually('another connection', () => home.connections() > before)
      await home.mosquitto.revoke(
        await home.authority.revocationList([{ serial: old, revokedAt: new Date().toISOString() }]),
      )
      await home.mosquitto.restart()
      await eventually(
        'the coordinator, whose old certificate is refused',
        () => home.connections() > before + 1,
      )
      t.notOk(said.includes('ih/1/$coord/state offline'))
      await admitted(await enrol('rpi4-6'), 'ih/1/rpi4-6/ack')
    },
  )
})
