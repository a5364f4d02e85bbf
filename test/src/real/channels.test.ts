// Channels against what they are for: a mail server (aiosmtpd), Alertmanager, Mosquitto.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { connectAsync, type MqttClient } from 'mqtt'
import { errandBy } from '../helpers/errand-by.ts'
import t, { type Test } from 'tap'
import type { Channel, Notification } from '@infra-home/coordinator/alerts/channels/channel.ts'
import { openChannels } from '@infra-home/coordinator/alerts/open-channels.ts'
import { failureOf } from '@infra-home/coordinator/alerts/sending/delivery-failed.ts'
import { eventually } from '../helpers/eventually.ts'
import { startAlertmanager } from '../helpers/alertmanager.ts'
import { liveCoordinator } from '../helpers/live-coordinator.ts'
import { mailPython, mailServer, type MailServerOptions } from '../helpers/mail-server.ts'
import { needPrograms, orSkip, runProgram } from '../helpers/real-server.ts'
import { receiver } from '../helpers/receiver.ts'

const PASSWORD = 'pass word of the house'
const silent = async (): Promise<void> => {}

let messages = 0
const about = (event: 'fired' | 'resolved', more: { readonly at?: Date } = {}): Notification => {
  const at = (more.at ?? new Date()).toISOString()
  const id = `01D${++messages}`
  const item = {
    id,
    alertId: '01ALERT',
    event,
    title: 'modem-signal-lost on rpi4-1 (mifi)',
    text: 'Plus de réseau 📡: mifi reports no radio signal at all',
    severity: 'critical',
    at,
    late: false,
    repeat: false,
    about: { code: 'modem-signal-lost', node: 'rpi4-1', subject: 'mifi' },
    advice: null,
    entry: '01ENTRY',
  } as const
  return {
    id,
    site: 'home',
    sentAt: new Date().toISOString(),
    stillFiring: 1,
    wasOffline: false,
    items: [item],
  }
}

/** The channel as a coordinator opens it. */
const opened = (folder: string, own: object): Channel => {
  const channels = [{ name: 'it', ...own }] as never
  const [channel] = openChannels({ config: { stateDir: '', channels } }, join(folder, 'coordinator.json'))
  if (!channel) throw new Error('no channel')
  return channel
}

const failed = async (work: Promise<unknown>) => {
  const error: unknown = await work.then(
    () => null,
    (e: unknown) => e,
  )
  const failure = failureOf(error)
  if (!failure) throw new Error(`not a failed delivery: ${String(error)}`)
  return { ...failure, message: (error as Error).message }
}

t.test('e-mail', async (t) => {
  const python = await orSkip(t, 'a mail server', async () => {
    needPrograms({ openssl: 'openssl' })
    return mailPython()
  })
  if (python === null) return
  const folder = t.testdir({ password: PASSWORD, wrong: 'another w0rd' })
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const names = ['-subj', '/CN=mail.test', '-addext', 'subjectAltName=IP:127.0.0.1']
  const fresh = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
  execFileSync('openssl', ['req', ...fresh, ...names, '-keyout', key, '-out', cert], { stdio: 'ignore' })

  const start = async (t: Test, options: Partial<MailServerOptions> = {}) => {
    const server = await mailServer(t, python, {
      security: 'starttls',
      password: PASSWORD,
      cert,
      key,
      ...options,
    })
    const { security } = { security: 'starttls', ...options }
    const usual = { kind: 'email', host: '127.0.0.1', port: server.port, security, from: 'house@home.test' }
    const proof = { caFile: 'cert.pem', username: 'house', passwordFile: 'password' }
    return {
      ...server,
      channel: (more: object) => opened(folder, { ...usual, ...proof, to: ['anna@home.test'], ...more }),
    }
  }

  for (const security of ['starttls', 'tls'] as const)
    t.test(
      `goes out over ${security}, under a name, and shows the dialogue without the password`,
      async (t) => {
        const { mails, channel } = await start(t, { security })
        const notification = about('fired')
        const { answer, exchange } = await channel({ to: ['anna@home.test', 'ben@home.test'] }).send(
          notification,
          errandBy(silent),
        )
        t.match(answer, /^250 2\.0\.0 queued as 4711/)
        const mail = await eventually('the mail', () => mails[0])
        t.match(mail, {
          from: 'house@home.test',
          to: ['anna@home.test', 'ben@home.test'],
          tls: true,
          user: 'house',
        })
        t.match(mail.text, new RegExp(`^Message-ID: <${notification.id}@home.test>\\r?$`, 'm'))
        t.match(mail.text, /^References: <01ALERT@home.test>\r?$/m)
        t.match(mail.text, /^Subject: home: modem-signal-lost on rpi4-1 \(mifi\)\r?$/m)
        t.match(mail.text, /^Auto-Submitted: auto-generated\r?$/m)
        t.match(mail.text, /^Importance: High\r?$/im)
        t.match(
          exchange,
          /^< 220 mail\.test[\s\S]*> AUTH PLAIN \(secret\)[\s\S]*< 235 [\s\S]*> RCPT TO:<anna@home\.test>[\s\S]*> DATA\n< 354 .*\n> [\s\S]*\n< 250 2\.0\.0 queued/m,
        )
        for (const form of [
          PASSWORD,
          Buffer.from(PASSWORD).toString('base64'),
          Buffer.from(`\0house\0${PASSWORD}`).toString('base64'),
        ])
          t.notOk(exchange.includes(form))
      },
    )

  t.test('goes out in the clear where nobody is asked for a password', async (t) => {
    const { mails, port } = await start(t, { security: 'none', password: null })
    const plain = {
      kind: 'email',
      host: '127.0.0.1',
      port,
      security: 'none',
      from: 'a@b.test',
      to: ['c@d.test'],
    }
    await opened(folder, plain).send(about('resolved'), errandBy(silent))
    const mail = await eventually('the mail', () => mails[0])
    t.match(mail, { tls: false, user: null, to: ['c@d.test'] })
    t.notMatch(mail.text, /^Importance/m)
  })

  t.test('is put off by a greylist, and taken at the next attempt as the same mail', async (t) => {
    const { mails, channel } = await start(t)
    const one = channel({ to: ['greylisted@home.test'] })
    const notification = about('fired')
    const first = await failed(one.send(notification, errandBy(silent)))
    t.match(first, {
      retryable: true,
      message: /451 4\.7\.1 greylisted, come back later/,
      exchange: /< 451 4\.7\.1/,
    })
    await one.send(notification, errandBy(silent))
    const mail = await eventually('the mail', () => mails[0])
    t.match(mail.text, new RegExp(`<${notification.id}@home.test>`))
  })

  t.test('goes once to whom it was taken for, while others are put off', async (t) => {
    const { mails, channel } = await start(t)
    const one = channel({ to: ['anna@home.test', 'greylisted@home.test', 'unknown@home.test'] })
    const notification = about('fired')
    t.match(await failed(one.send(notification, errandBy(silent))), {
      retryable: true,
      message: /greylisted@home\.test: 451/,
    })
    t.match(await one.send(notification, errandBy(silent)), { answer: /^250 / })
    await eventually('both mails', () => mails.length === 2)
    t.same(
      mails.map(({ to }) => to),
      [['anna@home.test'], ['greylisted@home.test']],
    )
  })

  t.test('is given up where nobody is known by that name, or the password is wrong', async (t) => {
    const { mails, channel } = await start(t)
    t.match(await failed(channel({ to: ['unknown@home.test'] }).send(about('fired'), errandBy(silent))), {
      retryable: false,
      message: /550 5\.1\.1 no such user here/,
    })
    const wrong = await failed(channel({ passwordFile: 'wrong' }).send(about('fired'), errandBy(silent)))
    t.match(wrong, { retryable: false, message: /535 / })
    t.notMatch(JSON.stringify(wrong), /another w0rd/)
    t.equal(mails.length, 0)
  })

  t.test('is not given to a server that cannot show who it is, or that does not encrypt', async (t) => {
    const { mails, port } = await start(t)
    const own = {
      kind: 'email',
      host: '127.0.0.1',
      port,
      security: 'starttls',
      from: 'a@b.test',
      to: ['c@d.test'],
    }
    const unknown = await failed(opened(folder, own).send(about('fired'), errandBy(silent)))
    t.match(unknown, { retryable: true, message: /self-signed certificate/ })
    const plain = await start(t, { security: 'none', password: null })
    const naked = await failed(
      opened(folder, { ...own, port: plain.port }).send(about('fired'), errandBy(silent)),
    )
    t.match(naked, { retryable: true, message: 'it: 454 TLS not available' })
    t.equal(mails.length + plain.mails.length, 0)
  })

  t.test('may be tried again when no server is there', async (t) => {
    const { channel } = await start(t)
    t.match(await failed(channel({ port: 1 }).send(about('fired'), errandBy(silent))), {
      retryable: true,
      message: /ECONNREFUSED/,
    })
  })
})

type AlertOfTheirs = {
  readonly labels: Record<string, string>
  readonly startsAt: string
  readonly generatorURL: string
  readonly status: { readonly state: string }
}

t.test('Alertmanager', async (t) => {
  const there = await orSkip(t, 'an Alertmanager', () => {
    needPrograms({ 'prometheus-alertmanager': 'prometheus-alertmanager', amtool: 'prometheus-alertmanager' })
    return true
  })
  if (!there) return
  const ear = await receiver(t)
  const theirs = await startAlertmanager(ear.url)
  t.teardown(theirs.stop)
  const channel = opened(t.testdir(), { kind: 'alertmanager', url: theirs.url })
  const on = async (): Promise<AlertOfTheirs[]> =>
    JSON.parse(
      await runProgram('amtool', ['--alertmanager.url', theirs.url, '--output', 'json', 'alert', 'query']),
    ) as []
  const statuses = (): unknown[] => ear.heard.map(({ json }) => json['status'])
  const began = new Date(Date.now() - 60_000)

  await channel.send(about('fired', { at: began }), errandBy(silent))
  t.match(await eventually('the alert', async () => (await on())[0]), {
    labels: {
      alertname: 'modem-signal-lost',
      node: 'rpi4-1',
      subject: 'mifi',
      severity: 'critical',
      site: 'home',
    },
    startsAt: began.toISOString(),
    generatorURL: 'http://127.0.0.1:8470/api/v1/events/01ENTRY/explain',
    status: { state: 'active' },
  })
  await wait(2500)
  t.equal((await on()).length, 1, 'it outlives resolve_timeout')
  await theirs.restart()
  t.same(await on(), [], 'a restart forgets it')
  await channel.keepUp?.(about('fired', { at: began }), silent)
  t.equal((await eventually('it again', async () => (await on())[0])).startsAt, began.toISOString())
  await channel.send(about('resolved'), errandBy(silent))
  await eventually('its end', async () => (await on()).length === 0)
  await eventually('the word that it is over', () => statuses().includes('resolved'))
  t.same(statuses().filter((status) => status === 'resolved').length, 1)
  t.equal(statuses()[0], 'firing')
  const test = await channel.send(
    { ...about('fired'), items: [{ ...about('fired').items[0], event: 'test', about: null }] } as never,
    errandBy(silent),
  )
  t.match(test.exchange, /^> POST \/api\/v2\/alerts HTTP\/1.1[\s\S]*\n< HTTP 200\n/)
})

t.test('MQTT', async (t) => {
  const there = await orSkip(t, 'Mosquitto', () => {
    needPrograms({ mosquitto: 'mosquitto' })
    return true
  })
  if (!there) return
  const live = await liveCoordinator('mosquitto')
  t.teardown(live.close)
  const as = async (
    name: string,
    clientId: string,
  ): Promise<{ client: MqttClient; kept: Map<string, string> }> => {
    const password = live.secrets[name] ?? ''
    const client = await connectAsync(`mqtt://127.0.0.1:${live.port}`, { username: name, password, clientId })
    t.teardown(() => client.endAsync(true))
    const kept = new Map<string, string>()
    client.on('message', (topic, payload, { retain }) => {
      if (payload.length === 0) kept.delete(topic)
      else kept.set(topic, `${retain ? 'retained ' : ''}${payload.toString()}`)
    })
    await client.subscribeAsync('ih/1/#')
    return { client, kept }
  }
  const channel = opened(t.testdir(), { kind: 'mqtt' })
  const { publish } = live.coordinator
  const topic = 'ih/1/$coord/alerts/on/modem-signal-lost/rpi4-1/mifi'

  await channel.send(about('fired'), errandBy(publish))
  const late = await as('coordinator', 'somebody-who-comes-later')
  await eventually('what is on', () =>
    late.kept.get(topic)?.startsWith('retained {"code":"modem-signal-lost"'),
  )
  t.notOk(late.kept.has('ih/1/$coord/alerts/said'), 'news is not retained')
  const node = await as('rpi4-1', 'rpi4-1')
  await node.client.publishAsync(topic, '', { qos: 1, retain: true })
  await wait(200)
  t.ok(late.kept.has(topic), 'a node cannot take it away')
  t.notOk(node.kept.has(topic), 'nor read it')

  await live.restartBroker()
  await eventually('the broker', () => live.coordinator.bus.connected())
  const anew = await as('coordinator', 'somebody-else')
  await wait(200)
  t.notOk(anew.kept.has(topic), 'a broker without persistence forgets')
  await channel.keepUp?.(about('fired'), publish)
  await eventually('what is on, again', () => anew.kept.has(topic))
  await channel.send(about('resolved'), errandBy(publish))
  await eventually('that it is over', () => !anew.kept.has(topic))
  t.match(anew.kept.get('ih/1/$coord/alerts/said'), /^\{"title":"home: modem-signal-lost/)
})
