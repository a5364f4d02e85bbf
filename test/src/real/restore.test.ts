// docs/runbooks/restore-coordinator.md, step by step, with coordinators as they are shipped: the machine is lost, and the devices notice
// no more than a restart.
import { spawnSync } from 'node:child_process'
import { createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto'
import { copyFileSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { connect, type MqttClient } from 'mqtt'
import t, { type Test } from 'tap'
import { loadAge } from '@infra-home/coordinator/jobs/copy/age.ts'
import { machineClock } from '@infra-home/coordinator/machine-clock.ts'
import type { Grant } from '@infra-home/coordinator/trust/grant.ts'
import type { BackupWish } from '@infra-home/shared/messages/backup.ts'
import type { CmdMessage } from '@infra-home/shared/messages/cmd.ts'
import type { WantMessage } from '@infra-home/shared/messages/want.ts'
import { type MacKey, macFault, macKeyFrom, withMac, withoutMac } from '@infra-home/shared/seal/mac.ts'
import { isSignedBy, type Signable } from '@infra-home/shared/seal/signature.ts'
import { type Asked, askHttps } from '../helpers/ask-https.ts'
import { type CoordinatorHome, coordinatorHome } from '../helpers/coordinator-process.ts'
import { eventually } from '../helpers/eventually.ts'
import { freePort } from '../helpers/free-port.ts'
import { newDevice, type NewDevice } from '../helpers/new-device.ts'
import { LINK, voice } from '../helpers/said.ts'

const MAIN = join(import.meta.dirname, '../../../coordinator/src/main.ts')
const NODE = 'rpi4-1'
const PHONE = 'phone-1'
const clock = machineClock()

/** What an enrolled device keeps, and nothing of it changes in this file. */
type Kept = { readonly device: NewDevice; readonly grant: Grant; readonly key: MacKey }
/** Where the home's coordinator is, whichever machine that is. */
type Place = { readonly http: number; readonly mqtts: number; readonly recipient: string }

const configAt = ({ http, mqtts, recipient }: Place) => ({
  broker: { kind: 'embedded', port: 0, tls: { host: '127.0.0.1', port: mqtts } },
  http: { port: http },
  backup: { copy: { to: [NODE], recipient } },
  rules: { 'node-lost': { fireAfter: 0 } },
})

/** A machine on which no coordinator ever ran: a configuration and an empty folder. */
const newMachine = (t: Test, place: Place): CoordinatorHome => {
  const home = coordinatorHome([], configAt(place))
  rmSync(join(home.stateDir, 'trust'), { recursive: true })
  rmSync(join(home.stateDir, 'nodes.json'), { force: true })
  t.teardown(() => home.remove())
  return home
}

const start = async (t: Test, home: CoordinatorHome) => {
  const running = await home.start()
  let ended = false
  const end = async (signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> => {
    if (!ended) await running.end(signal)
    ended = true
  }
  t.teardown(() => end())
  return { token: readFileSync(running.addresses.tokenFile, 'utf8').trim(), end }
}

/** Asks the API as `kept` would, by the authority that it pinned. */
const api =
  (place: Place, authority: string) =>
  async <T>(path: string, asked: Asked = {}): Promise<T> => {
    const { status, value } = await askHttps<T>({ port: place.http, authority }, `/api/v1${path}`, asked)
    if (status >= 300) throw new Error(`${path}: ${status} ${JSON.stringify(value)}`)
    return value
  }

const enrol = async (place: Place, admin: string, node: string): Promise<Kept> => {
  const device = await newDevice()
  const plain = async <T>(path: string, body: object, token?: string): Promise<T> => {
    const answer = await fetch(`http://127.0.0.1:${place.http}/api/v1${path}`, {
      method: 'POST',
      headers: {
        accept: 'application/json',
        'content-type': 'application/json',
        ...(token && { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(body),
    })
    return (await answer.json()) as T
  }
  const { token } = await plain<{ token: string }>('/enrolments', { node }, admin)
  const grant = await plain<Grant>('/enrolments/redeem', { token, csr: device.csr })
  const agreed = diffieHellman({
    privateKey: createPrivateKey(device.key),
    publicKey: createPublicKey(grant.agreementKey),
  })
  return { device, grant, key: macKeyFrom(agreed, grant.site, grant.node) }
}

type Line = {
  say(said: readonly [topic: string, message: object]): Promise<unknown>
  /** The newest that came at a topic, if its MAC was right and a pinned key had signed it. */
  heard<T>(topic: string): T | null
  readonly faults: readonly string[]
  close(): void
}

/** Connects as the device of `kept` does and believes what it would believe. */
const dial = async (t: Test, place: Place, { device, grant, key }: Kept): Promise<Line> => {
  const own = `ih/1/${grant.node}`
  const client: MqttClient = connect({
    protocol: 'mqtts',
    host: '127.0.0.1',
    port: place.mqtts,
    ca: grant.authority,
    servername: 'coordinator',
    key: device.key,
    cert: grant.certificate,
    clientId: grant.node,
    protocolVersion: 4,
    reconnectPeriod: 0,
  })
  t.teardown(() => void client.end(true))
  const faults: string[] = []
  const heard = new Map<string, unknown>()
  client.on('message', (topic, bytes) => {
    const fault = topic.startsWith(own) ? macFault(key, topic, bytes) : null
    const message = JSON.parse(withoutMac(bytes.toString())) as Signable
    const signed = topic.endsWith('/ack') || grant.signingKeys.some((pinned) => isSignedBy(pinned, message))
    if (fault || !signed) faults.push(`${topic}: ${fault ?? 'not signed by a pinned key'}`)
    else heard.set(topic, message)
  })
  await new Promise<void>((resolve, reject) => {
    client.once('connect', () => resolve())
    client.once('error', reject)
    client.once('close', () => reject(new Error('closed')))
  })
  await client.subscribeAsync([`${own}/ack`, `${own}/cmd/+`, `${own}/want/+`, 'ih/1/$coord/state'], {
    qos: 1,
  })
  return {
    say: ([topic, message]) =>
      client.publishAsync(topic, withMac(key, topic, JSON.stringify(message)), { qos: 1 }),
    heard: <T>(topic: string) =>
      (heard.get(topic.startsWith('$') ? `ih/1/${topic}` : `${own}/${topic}`) ?? null) as T | null,
    faults,
    close: () => void client.end(true),
  }
}

/** Speaks without a birth, and waits for the command to be born. */
const commandIn = async (line: Line, session: number): Promise<CmdMessage> => {
  await line.say(voice(PHONE, clock, { session }).presence('ready'))
  return eventually('a command', () => line.heard<CmdMessage>('cmd/rebirth'))
}

const verify = (home: CoordinatorHome) =>
  spawnSync(process.execPath, [MAIN, 'journal', 'verify', '--config', home.configFile], { encoding: 'utf8' })

type Alert = { readonly id: string; readonly subject: string; readonly state: string }

t.test('a coordinator on new hardware, from its backup', async (t) => {
  const age = await loadAge()
  const identity = await age.generateX25519Identity()
  const place: Place = {
    http: await freePort(),
    mqtts: await freePort(),
    recipient: await age.identityToRecipient(identity),
  }
  const elsewhere = { backup: join(t.testdir(), 'infra-home.db'), copy: Buffer.alloc(0) }

  // the home as it was
  const old = newMachine(t, place)
  const first = await start(t, old)
  const kept = await enrol(place, first.token, NODE)
  const phone = await enrol(place, first.token, PHONE)
  const ask = api(place, kept.grant.authority)
  const { token: operator } = await ask<{ token: string }>('/tokens', {
    method: 'POST',
    token: first.token,
    body: { name: 'ci', scopes: ['operate'] },
  })
  const before = await dial(t, place, kept)
  const other = await dial(t, place, phone)
  await before.say(voice(NODE, clock).presence('ready'))
  await before.say(voice(NODE, clock).birth())
  await before.say(voice(NODE, clock).state('link', 'eth0', LINK))
  for (const state of ['ready', 'lost']) await other.say(voice(PHONE, clock).presence(state))
  const alert = await eventually('an alert', async () =>
    (await ask<{ items: Alert[] }>('/alerts')).items.find(({ subject }) => subject === PHONE),
  )
  const { file } = await ask<{ file: string }>('/backups', { method: 'POST', token: first.token })
  copyFileSync(join(old.stateDir, 'backups', file), elsewhere.backup)
  const wish = await eventually('the wish for a copy', () =>
    before.heard<WantMessage<'backup'>>('want/backup'),
  )
  const { path, port } = wish.body as BackupWish
  elsewhere.copy = Buffer.from(await (await fetch(`http://127.0.0.1:${port}${path}`)).arrayBuffer())
  before.close()
  await first.end()

  // two more starts and a command, of which the backup knows nothing; then the machine is gone
  await (await start(t, old)).end()
  const last = await start(t, old)
  const line = await dial(t, place, phone)
  const newestCommand = await commandIn(line, 2)
  t.equal(newestCommand.epoch, 3, 'a command of which the backup knows nothing')
  await last.end('SIGKILL')
  line.close()
  rmSync(old.stateDir, { recursive: true })

  /** Everything that the devices and the people of the home rely on, after the backup has been put into an empty folder. */
  const goesOn = async (
    t: Test,
    home: CoordinatorHome,
    { above, session }: { above: number; session: number },
  ) => {
    const { token: admin, end } = await start(t, home)
    t.not(admin, first.token, 'the administrator’s token is new')
    const acknowledged = await ask<Alert>(`/alerts/${alert.id}/ack`, { method: 'POST', token: operator })
    t.match(acknowledged, { subject: PHONE }, 'the alert is there, and the token is good')
    t.match(await ask('/events?kind=request&limit=2', { token: operator }), {
      items: [
        { body: { request: 'acknowledge', by: 'ci' } },
        { body: { request: 'restore-trust', by: 'coordinator' } },
      ],
    })
    t.match(await ask('/links'), { items: [{ node: NODE }] }, 'what was known is known')

    const lines = [await dial(t, place, kept), await dial(t, place, phone)] as const
    const [node, other] = lines
    await node.say(voice(NODE, clock, { session }).presence('ready'))
    await node.say(voice(NODE, clock, { session }).birth())
    await node.say(voice(NODE, clock, { session }).tm({ 'host/host': { load1: 0.5 } }))
    await eventually('an acknowledgement', () => node.heard('ack'))
    await eventually('a green row', async () =>
      (await ask<{ items: { node: string; state: string }[] }>('/nodes')).items.some(
        (one) => one.node === NODE && one.state === 'online',
      ),
    )
    const command = await commandIn(other, session)
    t.ok(command.epoch > above, `epoch ${command.epoch} is above ${above}`)
    const [topic, birth] = voice(PHONE, clock, { session }).birth()
    await other.say([topic, { ...birth, newestCommand }])
    for (const line of lines) {
      const { epoch } = await eventually('a lasting wish', () => line.heard<WantMessage>('want/keys'))
      t.equal(epoch, command.epoch, 'what it lastingly wants is newer than all that they have kept')
      await eventually('the presence', () => line.heard('$coord/state'))
      t.same(line.faults, [], 'every word has the right MAC and the signature of a pinned key')
      line.close()
    }
    await end()
    const { status } = verify(home)
    t.equal(status, 0, 'the chain of the journal holds')
  }

  await t.test('from the file in backups/', async (t) => {
    const home = newMachine(t, place)
    copyFileSync(elsewhere.backup, join(home.stateDir, 'infra-home.db'))
    await goesOn(t, home, { above: newestCommand.epoch, session: 3 })
  })

  await t.test('where a command made keys before the first start, they are not mixed', async (t) => {
    const home = newMachine(t, place)
    const run = (...words: string[]) =>
      spawnSync(process.execPath, [MAIN, '--config', home.configFile, ...words], { encoding: 'utf8' })
    t.equal(run('node', 'add', 'plain-1').status, 0)
    copyFileSync(elsewhere.backup, join(home.stateDir, 'infra-home.db'))
    const trust = join(home.stateDir, 'trust')
    const { status, stderr } = run()
    t.equal(status, 2)
    t.match(stderr, /trust\/authority\.key is missing, and the database keeps a copy of it;/)
    t.match(stderr, /trust\/signing\.json is not of the home whose keys the database keeps: to have/)
    t.strictSame(readdirSync(trust), ['signing.json'], 'nothing is made beside it')
    renameSync(trust, `${trust}.aside`)
    await goesOn(t, home, { above: newestCommand.epoch, session: 4 })
  })

  await t.test('from the encrypted copy of another node', async (t) => {
    const home = newMachine(t, place)
    const decrypter = new age.Decrypter()
    decrypter.addIdentity(identity)
    writeFileSync(join(home.stateDir, 'infra-home.db'), gunzipSync(await decrypter.decrypt(elsewhere.copy)))
    await goesOn(t, home, { above: newestCommand.epoch, session: 5 })
  })
})
