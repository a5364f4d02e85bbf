import type { Rule } from '@infra-home/shared/messages/routes.ts'
import { asInteger, asWord, type Loose, parseObjects } from './json.ts'

/** Reads `ip -j rule` of one family. @throws InfraError parse-failed */
export const parseRules = (text: string, family: Rule['family']): Rule[] =>
  parseObjects(text, 'ip rule').map((item) => ({
    family,
    priority: asInteger(item['priority']) ?? 0,
    selector: selectorOf(item),
    action: actionOf(item),
  }))

/** The rule's own words for whom it is, in the order in which ip prints them: all of them, since `not` turns them round. */
const selectorOf = (item: Loose): string => {
  const words: readonly (readonly [word: string, value: string | null])[] = [
    ['from', joined(item, '/', ['src', 'srclen']) ?? 'all'],
    ['to', joined(item, '/', ['dst', 'dstlen'])],
    ['tos', asWord(item['tos'])],
    ['fwmark', joined(item, '/', ['fwmark', 'fwmask'])],
    ['iif', asWord(item['iif'])],
    ['oif', asWord(item['oif'])],
    ['uidrange', joined(item, '-', ['uid_start', 'uid_end'])],
    ['ipproto', asWord(item['ipproto'])],
    ['sport', asWord(item['sport']) ?? joined(item, '-', ['sport_start', 'sport_end'])],
    ['dport', asWord(item['dport']) ?? joined(item, '-', ['dport_start', 'dport_end'])],
  ]
  const said = words.flatMap(([word, value]) => (value === null ? [] : [`${word} ${value}`]))
  return [...('not' in item ? ['not'] : []), ...said].join(' ')
}

const actionOf = (item: Loose): string => {
  const table = asWord(item['table'])
  if (table === null)
    return (
      asWord(item['action']) ??
      ('goto' in item
        ? `goto ${asWord(item['goto']) ?? 'none'}`
        : 'l3mdev' in item
          ? 'lookup [l3mdev-table]'
          : 'unknown')
    )
  const suppressed = (['prefixlen', 'ifgroup'] as const).flatMap((what) => {
    const value = asWord(item[`suppress_${what}`])
    return value === null ? [] : [`suppress_${what === 'prefixlen' ? 'prefixlength' : what} ${value}`]
  })
  return [`lookup ${table}`, ...suppressed].join(' ')
}

/** Two keys of which the second need not be there. */
const joined = (item: Loose, by: string, [first, second]: readonly [string, string]): string | null => {
  const [left, right] = [asWord(item[first]), asWord(item[second])]
  return left === null || right === null ? left : `${left}${by}${right}`
}
