// A whole coordinator and a whole router's agent over a real kernel's uplinks: a line that dies without a word, people's wishes, and a
// coordinator that is gone at that very moment.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { AT_ONCE_MS, medianOwnMs, ownMs, type Took, tookWords } from '../helpers/late-ticks.ts'
import { freshNamespaces, noNamespaces, runInNamespace, seenIn } from '../helpers/netns.ts'
import { PING_PATIENCE_MS } from '../lab/ping-from.ts'

const noRulesets = (): string | null =>
  process.env['CI'] !== 'true' &&
  (spawnSync('nft', ['--version']).error ||
    spawnSync('conntrack', ['--version']).error ||
    spawnSync('dnsmasq', ['--version']).error)
    ? 'nft, conntrack and dnsmasq are not all installed'
    : null

/** What became of the house after a ruleset was flushed. */
type Flushed = { readonly took: Took; readonly running: { readonly received: number } }
type Seen = { readonly what: string } & Record<string, unknown>

t.test(
  'a house goes out by another uplink when its own dies without a word, and says why',
  { skip: noNamespaces() ?? noRulesets() ?? false },
  async (t) => {
    const names = freshNamespaces(t, 4)
    const out = await runInNamespace(join(import.meta.dirname, 'failover-program.ts'), names)
    const seen = new Map(seenIn<Seen>(out).map((one) => [one.what, one]))
    const at = (what: string): Seen => seen.get(what) ?? { what }

    t.match(at('at first'), { active: 'mifi', holder: 'coordinator', fault: null, stays: 'nothing-better' })
    t.match(at('dry run'), { status: 200, body: { dryRun: true, move: { from: 'mifi', to: 'dsl' } } })
    t.match(at('nonsense'), { status: 400, body: { detail: /uplink is one of mifi, dsl/ } })
    t.match(at('moved'), {
      active: 'dsl',
      lastDecision: { from: 'mifi', to: 'dsl', reason: 'path-down', by: 'coordinator', ok: true },
      text: /^out by dsl, decided by the coordinator/,
    })
    const why = String(at('why')['text'])
    for (const part of [
      /path dsl: up/,
      /path mifi: down \(carrier\), nothing came[^→●]*\(patience[^→●]*unanswered[^→●]*\d+ ms/,
      /traffic from mifi to dsl \(path-down\)/,
      /begun: switch-uplink/,
      /moved traffic mifi → dsl/,
    ])
      t.match(why, part, 'evidence, verdict, decision, action and verification')
    const runs = at('blackhole')['runs'] as Took[]
    t.comment(`given up and moved after ${runs.map(tookWords).join(', ')}`)
    t.equal(runs.length, 5)
    t.ok(medianOwnMs(runs) <= 1500, 'within a second and a half, as a rule')
    t.ok(Math.max(...runs.map(ownMs)) <= 2000, 'and never after two')
    t.match(at('planned move'), { stream: { received: 400, failed: 0 } }, 'a planned move loses nothing')
    t.match(at('held'), { leavesBy: 'wan1', refused: { status: 409 } }, 'a hold freezes')
    const released = at('released')['took'] as Took
    t.ok(ownMs(released) < 1000, `and released it moves at once: ${tookWords(released)}`)
    t.match(at('stutter'), { leavesBy: 'wan1' }, 'an outage of a second moves nothing')
    t.match(
      at('without a coordinator'),
      {
        leavesBy: 'wan2',
        after: { holder: 'coordinator', active: 'dsl', lastDecision: { by: 'agent', ok: true } },
      },
      'the agent moves by itself, and hands back without another move',
    )
    t.ok(ownMs(at('without a coordinator')['took'] as Took) <= 2500, 'within a second more')
    t.match(at('why alone')['text'], /path mifi: down/, 'and why is known afterwards')
    t.ok(
      ownMs(at('carrier')['took'] as Took) <= AT_ONCE_MS,
      `carrier: ${tookWords(at('carrier')['took'] as Took)}`,
    )
    t.match(at('names by dsl'), { answered: true, file: /nameserver 192\.168\.9\.1/ })
    t.match(
      at('names by mifi'),
      { answered: true, file: /nameserver 192\.168\.8\.1\n$/ },
      'the house’s resolver asks those of the uplink in use',
    )
    t.ok(Number(at('told of drift')['drift']) >= 1, 'who changes what is ours is told of, and put right')
    const [quiet, busy] = at('flushed')['flushed'] as Flushed[]
    t.comment(
      `a flushed ruleset was there again after ${[quiet, busy].map((one) => one && tookWords(one.took)).join(', ')}`,
    )
    t.ok(quiet && ownMs(quiet.took) <= 2500, 'a ruleset that somebody flushed is there again')
    t.ok(busy && ownMs(busy.took) <= 1500, 'and sooner while somebody is at work')
    for (const one of [quiet, busy]) t.match(one, { after: { received: 50, sources: ['198.51.100.1'] } })
    t.ok(Number(busy?.running.received) > 350 - (busy?.took.ms ?? 0) / 10, 'who was at work goes on')
    t.match(at('metrics')['text'], /infra_home_uplink_active\{uplink="mifi"\} 1/)
    const { items } = at('usage') as unknown as { items: { networks: { id: string; bytes: number }[] }[] }
    for (const { networks } of items)
      for (const network of ['infra', 'router'])
        t.ok(
          Number(networks.find(({ id }) => id === network)?.bytes) > 1000,
          `${network} was counted, and outlived the agent`,
        )
    t.match(at('metrics')['text'], /infra_home_wan_switches_total\{reason="path-down"\} \d/)
  },
)

t.test(
  'a network that may not cost anything goes by the uplink that is free, or not at all',
  { skip: noNamespaces() ?? noRulesets() ?? false },
  async (t) => {
    const out = await runInNamespace(join(import.meta.dirname, 'vlans-program.ts'), freshNamespaces(t, 5))
    const seen = new Map(seenIn<Seen>(out).map((one) => [one.what, one]))
    const at = (what: string): Seen => seen.get(what) ?? { what }
    const [byMifi, byDsl] = [{ sources: ['198.51.100.1'] }, { sources: ['198.51.101.1'] }]
    const refusal = { said: /From 10\.40\.0\.1 .*Packet filtered/ }

    t.match(at('each by its own'), { infra: { received: 50, ...byMifi }, iot: { received: 50, ...byDsl } })
    const table = String(at('counted')['table'])
    t.match(table, /counter used-dsl-iot \{\s+packets [1-9]\d{2} /, 'what it used is counted where it went')
    t.match(table, /counter refused-mifi-iot \{\s+packets 0 /, 'and nothing had to be refused')
    const died = at('dsl died') as unknown as {
      known: Took
      ping: { ms: number }
      iot: { received: number }
    }
    t.comment(`known, and led no more, after ${tookWords(died.known)}; refused after ${died.ping.ms} ms`)
    t.match(died, {
      ping: refusal,
      leavesBy: 'wan1',
      infra: { received: 500, failed: 0, ...byMifi },
      iot: byDsl,
    })
    t.ok(ownMs(died.known) < 4000)
    t.ok(died.ping.ms < PING_PATIENCE_MS / 2, 'it is told at once')
    t.ok(died.iot.received < 450)
    t.match(at('dsl is back'), { iot: { received: 50, ...byDsl } })
    t.match(at('all by what is free'), { iot: { received: 50, ...byDsl } }, 'no rules of its own are needed')
    t.match(at('all by what costs'), { rules: 0, ping: refusal, infra: { received: 50, ...byMifi } })
  },
)

t.test(
  'what somebody else changes is told of and left alone, where its owner wants that',
  { skip: noNamespaces() ?? noRulesets() ?? false },
  async (t) => {
    const out = await runInNamespace(join(import.meta.dirname, 'drift-program.ts'), freshNamespaces(t, 4))
    const seen = new Map(seenIn<Seen>(out).map((one) => [one.what, one]))
    const at = (what: string): Seen => seen.get(what) ?? { what }
    t.match(at('the default'), {
      fault: { code: 'drift', text: /somebody else changed what is ours; to be put right: add default/ },
      leavesBy: 'wan2',
      isOursThere: false,
      told: { times: 1, isAlerted: true },
    })
    t.match(at('the plan was another'), { isOursThere: false, told: { times: 1 } }, 'what was told is left')
    const took = at('what leads in its place dies')['took'] as Took
    t.ok(ownMs(took) <= 2000, `a line by which others lead the house is watched as ours: ${tookWords(took)}`)
    t.match(at('the ruleset'), { isThere: false, told: { times: 2, isAlerted: true } })
  },
)
