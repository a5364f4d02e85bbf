import type { Sys } from '@infra-home/agent/sys/sys.ts'
import { InfraError } from '@infra-home/shared/errors.ts'

type Item = Record<string, string | number>

/** A kernel's IPv4 rules and routes as `ip` changes and shows them, a connection table, and one ruleset. */
export type FakeKernel = {
  readonly sys: Pick<Sys, 'exec'>
  /** What was asked of it that changes something. */
  readonly asked: string[]
  /** Somebody else puts a route there, before all others; shown as `ip -j` does. */
  put(route: Item): void
  /** Takes away what is shown with such a value. */
  take(key: string, value: string | number): void
  /** Takes away the ruleset, as `nft flush ruleset` does. */
  flush(): void
  hasRuleset(): boolean
  /** The default routes of the table that everybody uses, the best first. */
  defaults(): readonly Item[]
  /** What is refused, in the words of what was asked. */
  refuses: (words: string) => boolean
  /** It shows nothing of itself. */
  isBlind: boolean
  /** What is done without anybody being told that it is, in the words of what was asked. */
  hangs: (words: string) => boolean
  /** Its interfaces, as `ip -j -d addr` shows them. */
  devices: object[]
  /** Flows by mark, as conntrack takes it; null while there is no such program. */
  flows: Record<string, number> | null
}

export const fakeKernel = (): FakeKernel => {
  let routes: Item[] = []
  let rules: Item[] = []
  let ruleset: string | null = null
  const failed = (text: string): InfraError => new InfraError('exec-failed', text)
  const show = (words: readonly string[]): unknown => {
    if (words.includes('addr')) return kernel.devices
    if (words.includes('-6') || words.includes('neigh')) return []
    return words.includes('rule') ? rules : routes
  }
  const ip = (words: readonly string[]): string => {
    const [family, what, verb, ...rest] = words
    if (family === '-j' && kernel.isBlind) throw failed('ip failed (1): Cannot open netlink socket')
    if (family === '-j') return JSON.stringify(show(words))
    const text = words.join(' ')
    kernel.asked.push(text)
    if (family !== '-4' || kernel.refuses(text)) throw failed(`ip failed (2): ${text}`)
    change(what, verb, rest)
    if (kernel.hangs(text)) throw new InfraError('exec-timeout', `${text} did not end`)
    return ''
  }
  const change = (what = '', verb = '', rest: readonly string[]): void => {
    if (what === 'rule') {
      const rule = ruleOf(rest)
      rules = rules.filter((one) => JSON.stringify(one) !== JSON.stringify(rule))
      if (verb === 'add') rules.push(rule)
      return
    }
    const route = routeOf(rest)
    const isMeant = (one: Item): boolean => verb !== 'delete' || one['protocol'] === route['protocol']
    const index = routes.findIndex((one) => placeOf(one) === placeOf(route) && isMeant(one))
    if (verb === 'add' && index >= 0) throw failed('ip failed (2): RTNETLINK answers: File exists')
    if (verb === 'delete') {
      if (index < 0) throw failed('ip failed (2): RTNETLINK answers: No such process')
      routes.splice(index, 1)
    } else if (index < 0) routes.push(route)
    else routes[index] = route
  }
  const nft = (words: readonly string[]): string => {
    if (words[0] !== '-s') ruleset = words.join(' ')
    if (ruleset === null) throw failed('nft failed (1): Error: No such file or directory')
    return ruleset
  }
  const conntrack = (words: readonly string[]): string => {
    if (kernel.flows === null) throw failed('conntrack is not installed')
    const mark = words[words.indexOf('-m') + 1] ?? ''
    kernel.asked.push(`sweep ${mark} ${words.at(-1)}`)
    const count = words.at(-1) === 'ipv4' ? (kernel.flows[mark] ?? 0) : 0
    if (count === 0)
      throw failed(
        'conntrack failed (1): conntrack v1.4.7 (conntrack-tools): 0 flow entries have been deleted.',
      )
    kernel.flows[mark] = 0
    return 'udp 17 29 src=10.10.0.50\n'.repeat(count)
  }
  const kernel: FakeKernel = {
    sys: {
      exec: async (program, args) =>
        program === 'conntrack' ? conntrack(args) : program === 'nft' ? nft(args) : ip(args),
    },
    devices: [],
    asked: [],
    put: (route) => void routes.unshift(route),
    take(key, value) {
      routes = routes.filter((one) => one[key] !== value)
      rules = rules.filter((one) => one[key] !== value)
    },
    flush: () => void (ruleset = null),
    hasRuleset: () => ruleset !== null,
    defaults: () =>
      routes
        .filter(
          ({ dst, table = 'main', type }) => dst === 'default' && table === 'main' && type === 'unicast',
        )
        .toSorted((a, b) => Number(a['metric'] ?? 0) - Number(b['metric'] ?? 0)),
    refuses: () => false,
    isBlind: false,
    hangs: () => false,
    flows: {},
  }
  return kernel
}

const placeOf = ({ dst, table, metric }: Item): string => [dst, table ?? 'main', metric ?? 0].join(' ')

const valueAfter = (words: readonly string[], word: string): string | undefined => {
  const index = words.indexOf(word)
  return index < 0 ? undefined : words[index + 1]
}

const routeOf = (words: readonly string[]): Item => {
  const [type = '', ...rest] = words
  const kind = type === 'unreachable' ? type : 'unicast'
  const named = { gateway: 'via', dev: 'dev', table: 'table', protocol: 'proto' }
  const item: Item = { type: kind, dst: kind === 'unicast' ? type : (rest[0] ?? '') }
  for (const [key, word] of Object.entries(named)) {
    const value = valueAfter(words, word)
    if (value !== undefined && !(key === 'table' && value === 'main')) item[key] = value
  }
  const metric = valueAfter(words, 'metric')
  return metric === undefined ? item : { ...item, metric: Number(metric) }
}

const ruleOf = (words: readonly string[]): Item => {
  const item: Item = {
    priority: Number(valueAfter(words, 'priority')),
    src: valueAfter(words, 'from') ?? 'all',
  }
  const [device, from] = [valueAfter(words, 'oif'), valueAfter(words, 'iif')]
  const suppressed = valueAfter(words, 'suppress_prefixlength')
  const [dst, dstlen] = valueAfter(words, 'to')?.split('/') ?? []
  const [fwmark, fwmask] = valueAfter(words, 'fwmark')?.split('/') ?? []
  return {
    ...item,
    ...(words.includes('not') ? { not: '' } : {}),
    ...(dst && dstlen ? { dst, dstlen: Number(dstlen) } : {}),
    ...(fwmark && fwmask ? { fwmark, fwmask } : {}),
    ...(device === undefined ? {} : { oif: device }),
    ...(from === undefined ? {} : { iif: from }),
    table: valueAfter(words, 'lookup') ?? '',
    ...(suppressed === undefined ? {} : { suppress_prefixlen: Number(suppressed) }),
  }
}
