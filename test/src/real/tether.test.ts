// A phone as a standby, in a real kernel: asleep until the primary dies, woken by command, used, and put away again.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { freshNamespaces, noNamespaces, runInNamespace, seenIn } from '../helpers/netns.ts'
import { ownMs, type Took, tookWords } from '../helpers/late-ticks.ts'

const noRulesets = (): string | null =>
  process.env['CI'] !== 'true' &&
  (spawnSync('nft', ['--version']).error || spawnSync('conntrack', ['--version']).error)
    ? 'nft and conntrack are not both installed'
    : null

type Seen = { readonly what: string } & Record<string, unknown>

t.test(
  'a phone sleeps until it is needed, carries the house, and sleeps again',
  { skip: noNamespaces() ?? noRulesets() ?? false },
  async (t) => {
    const out = await runInNamespace(join(import.meta.dirname, 'tether-program.ts'), freshNamespaces(t, 4))
    const seen = new Map(seenIn<Seen>(out).map((one) => [one.what, one]))
    const at = (what: string): Seen => seen.get(what) ?? { what }

    t.match(at('at first'), {
      active: 'mifi',
      uplinks: [
        {},
        { id: 'tether', state: 'unknown', cause: 'asleep', tether: { on: false, charging: true } },
      ],
      text: /tether: phone-1 sleeps \(81 %, charging, 31\.2 °C\)/,
    })
    t.match(
      at('dry run'),
      { status: 200, body: { move: null, stays: 'waking', wakes: { phone: 'phone-1', batteryPercent: 81 } } },
      'what it would cost is said before',
    )
    const moved = at('moved') as unknown as Took
    t.comment(`woken, and moved to, after ${tookWords(moved)}`)
    t.ok(ownMs(moved) < 8000)
    t.match(at('by the phone'), {
      active: 'tether',
      lastDecision: { from: 'mifi', to: 'tether', reason: 'path-down', ok: true },
      why: /phone-1 lends tether for 600 s[^→●]*\(prepare\)[^]*●[^]*traffic from mifi to tether/,
    })
    const woken = String(at('why it was woken')['text'])
    for (const part of [
      /path mifi: down/,
      /lends tether/,
      /begun: order-tether/,
      /tether own: on true/,
      /command done/,
    ])
      t.match(woken, part, 'evidence, decision, order, and what the phone says of it')
    t.match(at('put away'), { leavesBy: 'wan1' })
    t.notMatch(at('put away')['links'], /wan2/, 'nothing of it is left')
    t.ok(Number(at('put away')['ms']) >= 3000, 'not before nobody needed it for a while')
    t.match(
      at('decided'),
      { reasons: ['not-needed', 'spare', 'prepare'], alerts: [] },
      'and nobody is alarmed by its sleep',
    )
    t.match(at('nobody to wake'), {
      status: 409,
      body: { detail: /phone-1 cannot be woken: nothing is heard of it/ },
    })
  },
)
