// Ways of asking whether a path leads anywhere, over real sockets on loopback: one suite for all of them, and who asks when.
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import t, { type Test } from 'tap'
import { dnsQuestion, parseDnsAnswer } from '@infra-home/agent/parse/dns.ts'
import { dnsProbe } from '@infra-home/agent/probes/dns.ts'
import type { Probe } from '@infra-home/agent/probes/probe.ts'
import { ROOT_SERVERS } from '@infra-home/agent/probes/root-servers.ts'
import { startProber } from '@infra-home/agent/probes/prober.ts'
import { tcpProbe } from '@infra-home/agent/probes/tcp.ts'
import type { Reach, Way } from '@infra-home/agent/sys/reach.ts'
import { realReach } from '@infra-home/agent/sys/real-reach.ts'
import { milliseconds, minutes, monoMs, seconds } from '@infra-home/shared/clock.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import { ACTIVE_PACE, bytesPerDay, paceWithin, STANDBY_PACE } from '@infra-home/shared/wan/pace.ts'
import { isSignOfLife, type Substitute } from '@infra-home/shared/wan/proof.ts'
import { UNWATCHED } from '@infra-home/shared/wan/silence.ts'
import { watchSilence } from '@infra-home/shared/wan/watch-silence.ts'
import { nextAsks, NO_RHYTHM } from '@infra-home/shared/wan/rhythm.ts'
import { fakeClock, settle } from '../helpers/fake-clock.ts'

type Target = { readonly port: number; readonly seen: () => number }
/** Somebody beyond the gateway, who works, answers something else, or says nothing. */
type TargetMaker = (t: Test, mood: 'works' | 'answers' | 'silent') => Promise<Target>

/** The labels of a question's name (RFC 1035 §4.1.2). */
const nameIn = (question: Uint8Array): string => {
  const labels: string[] = []
  for (let at = 12; question[at]; at += (question[at] ?? 0) + 1)
    labels.push(Buffer.from(question.subarray(at + 1, at + 1 + (question[at] ?? 0))).toString())
  return labels.join('.')
}

/** A resolver's answer of one address. */
const answerTo = (question: Uint8Array, address: string): Buffer => {
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, ...address.split('.').map(Number)])
  const answer = Buffer.concat([question, record])
  answer[2] = (answer[2] ?? 0) | 0x80
  answer[7] = 1
  return answer
}

const resolver: TargetMaker = async (t, mood) => {
  const socket = createSocket('udp4')
  let seen = 0
  socket.on('message', (question, { port, address }) => {
    seen++
    if (mood === 'silent') return
    const answer = answerTo(
      question,
      ROOT_SERVERS.find(({ name }) => name === nameIn(question))?.address ?? '',
    )
    if (mood === 'answers') answer[answer.length - 1] = 5
    const stray = Buffer.from(answer)
    stray[0] = (stray[0] ?? 0) ^ 1 // an answer to somebody else’s question
    socket.send(stray, port, address)
    socket.send(answer, port, address)
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  t.teardown(() => socket.close())
  return { port: socket.address().port, seen: () => seen }
}

const listener: TargetMaker = async (t, mood) => {
  const server = createServer((socket) => socket.on('error', () => {}))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  if (mood === 'works') t.teardown(() => server.close())
  else await new Promise((resolve) => server.close(resolve))
  return { port, seen: () => 0 }
}

/** The same sockets, at a port of the test's own. */
const at = (port: number, silent: boolean): Pick<Reach, 'ask' | 'knock'> => {
  const reach = realReach()
  const there = (way: Way): Way => ({ ...way, port })
  return {
    ask: (way, payload, isAnswer) => reach.ask(there(way), payload, isAnswer),
    knock: (way) =>
      silent
        ? new Promise((_, reject) => setTimeout(() => reject(timeout(way)), way.timeout))
        : reach.knock(there(way)),
  }
}
const timeout = ({ to }: Way): InfraError => new InfraError('probe-timeout', `no answer from ${to}`)

type Make = (reach: Pick<Reach, 'ask' | 'knock'>) => Probe
const SUITE: readonly [name: string, make: Make, target: TargetMaker][] = [
  ['dns', (reach) => dnsProbe(reach, () => 0.5), resolver],
  ['tcp', (reach) => tcpProbe(reach, 443), listener],
]
for (const [name, make, target] of SUITE)
  t.test(`a ${name} probe`, async (t) => {
    const ask = async (mood: 'works' | 'answers' | 'silent', from = '127.0.0.1') => {
      const { port } = await target(t, mood)
      const probe = make(at(port, mood === 'silent'))
      t.equal(probe.method, name)
      return probe.ask({ from, target: '127.0.0.1', timeout: milliseconds(200) })
    }
    t.equal(await ask('works'), 'works')
    t.equal(await ask('answers'), 'answers', 'a refusal is told as one')
    await t.rejects(ask('silent'), { code: 'probe-timeout' }, 'silence is no answer')
    await t.rejects(
      ask('works', '192.0.2.1'),
      { code: 'probe-failed' },
      'it never leaves by an address that is not the uplink’s',
    )
  })

t.test(
  'many names are asked for by turns, so that none of them is the truth about every resolver',
  async (t) => {
    let asked = ''
    const known = new Map<string, string>(ROOT_SERVERS.map(({ name, address }) => [name, address]))
    const reach: Pick<Reach, 'ask'> = {
      async ask(_way, question) {
        asked = nameIn(question)
        t.equal(question.length, 36, 'at the same cost')
        return answerTo(question, known.get(asked) ?? '')
      },
    }
    const way = { from: '127.0.0.1', target: '192.0.2.53', timeout: seconds(1) }
    const probe = dnsProbe(reach, () => 0.5)
    known.set('c.root-servers.net', '192.0.2.1')
    for (const { name } of [...ROOT_SERVERS, ...ROOT_SERVERS]) {
      t.equal(await probe.ask(way), name.startsWith('c') ? 'answers' : 'works')
      t.equal(asked, name)
    }
  },
)

t.test('a question for a name is 36 bytes, and rubbish is no answer to it', async (t) => {
  const question = dnsQuestion(0xabcd, 'a.root-servers.net')
  t.equal(
    Buffer.from(question).toString('hex'),
    'abcd0100000100000000000001610c726f6f742d73657276657273036e65740000010001',
  )
  t.equal(parseDnsAnswer(question), null, 'a question is none')
  t.equal(parseDnsAnswer(new Uint8Array(11)), null)
  t.same(parseDnsAnswer(Buffer.from('abcd81830001000000000000', 'hex')), {
    id: 0xabcd,
    rcode: 3,
    addresses: [],
  })
})

t.test('a day of asking stays within its budget', async (t) => {
  t.ok(bytesPerDay(ACTIVE_PACE) < 2_000_000, `${Math.round(bytesPerDay(ACTIVE_PACE))} bytes`)
  t.ok(bytesPerDay(STANDBY_PACE) < 200_000, `${Math.round(bytesPerDay(STANDBY_PACE))} bytes`)
  t.ok(bytesPerDay(paceWithin(ACTIVE_PACE, 100_000)) <= 100_000, 'or within a smaller one')
  t.same(paceWithin(ACTIVE_PACE, 10_000_000), ACTIVE_PACE, 'a larger one is not used up')
})

t.test(
  'a burst begins with one question, and goes on with two to everybody ten times a second',
  async (t) => {
    const targets = ['a', 'b', 'c']
    const asked: [ms: number, number][] = []
    let rhythm = NO_RHYTHM
    for (let ms = 0; ms < 500; ms += 50) {
      const next = nextAsks(rhythm, { probing: 'burst', targets, pace: {} }, monoMs(ms))
      rhythm = next.rhythm
      if (next.asks.length > 0) asked.push([ms, next.asks.length])
    }
    t.same(asked, [
      [0, 1],
      [100, 6],
      [200, 6],
      [300, 6],
      [400, 6],
    ])
  },
)

t.test('an answer that is none proves a line only where no gateway can have given it', async (t) => {
  const rows: [what: string, substitute: Partial<Substitute>, isLife: boolean][] = [
    ['a port that was never open, from as far away as the others', {}, true],
    ['the same from next door', { tookMs: 2 }, false],
    ['before anything was heard from beyond', { rttsMs: [] }, false],
    ['a port that was open', { hasWorked: true }, false],
    ['a name of a portal', { method: 'dns', hasWorked: true }, true],
    ['the same at first', { method: 'dns', rttsMs: [] }, true],
    ['a name of the gateway’s own', { method: 'dns', tookMs: 2 }, false],
  ]
  for (const [what, substitute, isLife] of rows)
    t.equal(
      isSignOfLife({ method: 'tcp', tookMs: 45, hasWorked: false, rttsMs: [50, 400], ...substitute }),
      isLife,
      what,
    )
})

t.test('a warning shortens patience, and kills nothing', async (t) => {
  const lookedAt = (isWarned: boolean, untilMs: number): string => {
    let silence = watchSilence(UNWATCHED, { kind: 'warning', isWarned }, monoMs(0))
    for (let ms = 0; ms <= untilMs; ms += 50) {
      const seen = { sent: 5, received: 0, heardAt: monoMs(0), sentSince: 0 }
      silence = watchSilence(silence, { kind: 'traffic', ...seen }, monoMs(ms))
      silence = watchSilence(silence, { kind: 'tick' }, monoMs(ms))
    }
    return `${silence.beyond} ${silence.probing}`
  }
  t.equal(lookedAt(false, 400), 'unknown calm')
  t.equal(lookedAt(true, 400), 'unknown burst')
  t.equal(lookedAt(true, 10_000), 'unknown burst', 'what was not asked is not dead')
})

t.test('a path that is given up says by which silence, and keeps saying so', async (t) => {
  /** Users send each 100 ms, and are answered until 0; from `askedFrom` on three others are asked in two ways each 100 ms. */
  const givenUp = (askedFrom: number, stillReceives: boolean) => {
    let [silence, ids] = [UNWATCHED, 0]
    for (let ms = -500; ms <= 20_000; ms += 100) {
      const now = monoMs(50_000 + ms)
      const isHeard = ms <= 0 || stillReceives
      const heardAt = isHeard ? now : monoMs(50_000)
      const seen = { sent: 5, received: isHeard ? 5 : 0, heardAt, sentSince: 0 }
      silence = watchSilence(silence, { kind: 'traffic', ...seen }, now)
      for (const target of ms >= askedFrom ? ['a', 'b', 'c'] : [])
        for (const method of ['dns', 'tcp'] as const)
          silence = watchSilence(silence, { kind: 'probe', id: ++ids, method, target }, now)
      silence = watchSilence(silence, { kind: 'tick' }, now)
    }
    return silence.givenUp
  }
  const patienceMs = 1200 + 2 * 100
  t.match(givenUp(700, false), {
    ms: 700,
    quietMs: 1400,
    patienceMs,
    isReceiving: false,
    targets: 3,
    methods: 2,
  })
  t.match(givenUp(0, true), { ms: 4400, quietMs: 4400, patienceMs: patienceMs + 3000, isReceiving: true })
})

t.test('a gateway that refuses for everybody keeps no dead line alive', async (t) => {
  const clock = fakeClock()
  const line = { isDead: false }
  const after = async (ms: number): Promise<void> =>
    new Promise((resolve) => clock.after(milliseconds(ms), resolve))
  const probe = (method: 'dns' | 'tcp') => ({
    method,
    async ask() {
      await after(line.isDead ? 2 : 50)
      return line.isDead ? ('answers' as const) : ('works' as const)
    },
  })
  const prober = startProber({
    clock,
    probes: { dns: probe('dns'), tcp: probe('tcp') },
    targets: ['1.1.1.1', '8.8.8.8', '9.9.9.9'],
    from: () => ({ from: '192.168.8.10' }),
    pace: () => ({ dns: seconds(5), tcp: seconds(5) }),
    onChange: () => {},
  })
  await clock.advance(seconds(12))
  t.equal(prober.silence().beyond, 'works')
  line.isDead = true
  await clock.advance(seconds(10))
  t.equal(prober.silence().beyond, 'fails')
  line.isDead = false
  await clock.advance(seconds(3))
  t.equal(prober.silence().beyond, 'works')
  prober.stop()
})

t.test('a prober says what changes, and lets no lost question be an error', async (t) => {
  const clock = fakeClock()
  const said: string[] = []
  const home = { alive: true, own: '192.168.8.10' as string | null }
  const asked: string[] = []
  const probe = (method: 'dns' | 'tcp') => ({
    method,
    ask: async ({ from, target }: { from: string; target: string }) => {
      asked.push(`${method} ${from} ${target}`)
      if (!home.alive) throw new InfraError('probe-timeout', 'nothing')
      return 'works' as const
    },
  })
  const prober = startProber({
    clock,
    probes: { dns: probe('dns'), tcp: probe('tcp') },
    targets: ['1.1.1.1', '8.8.8.8', '9.9.9.9'],
    from: () => (home.own === null ? null : { from: home.own }),
    pace: () => ({ dns: seconds(5), icmp: seconds(5) }),
    onChange: ({ beyond, probing }) => said.push(`${beyond} ${probing}`),
  })
  const pass = async (ms: number): Promise<void> => {
    for (let gone = 0; gone < ms; gone += 50) await clock.advance(milliseconds(50))
    await settle()
  }
  home.own = null
  await pass(1000)
  t.same(asked, [], 'without an address nobody is asked')
  home.own = '192.168.8.10'
  await pass(1000)
  t.same([said, asked], [['works calm'], ['dns 192.168.8.10 8.8.8.8']])
  home.alive = false
  await pass(12_000)
  t.same(said, ['works calm', 'works burst', 'fails wait'])
  home.alive = true
  await pass(2000)
  t.equal(said.at(-1), 'works calm')
  prober.stop()
  const before = asked.length
  await clock.advance(minutes(1))
  t.equal(asked.length, before)
})
