import type { Problem } from '@infra-home/shared/problem.ts'
import { parseAddress } from '@infra-home/shared/topology/subnet.ts'
import type { AgentConfig, ModemConfig } from './config-schema.ts'

/** Of two modems with one id, one would not be seen anywhere. */
export const sameIdProblems = ({ modems = [] }: Pick<AgentConfig, 'modems'>): Problem[] =>
  modems.flatMap(({ id }, i) =>
    modems.findIndex((modem) => modem.id === id) < i
      ? [{ path: `/modems/${i}/id`, value: id, expected: 'an id of its own' }]
      : [],
  )

/** Four numbers are meant as an address, and 192.168.8.999 is none. */
export const wrongIpv4Problems = ({ config }: ModemConfig): Problem[] => {
  const address = config?.['address']
  const host =
    typeof address === 'string' ? (/^[0-9]+(?:\.[0-9]+){3}(?=$|:)/.exec(address)?.[0] ?? null) : null
  return host === null || parseAddress(host) !== null
    ? []
    : [{ path: '/address', value: address, expected: 'an address: four numbers up to 255' }]
}

/** A service has no folder that a relative path could begin at, and its PATH is not its owner's. */
export const programProblems = ({
  powerCycle = {},
  tether,
}: Pick<AgentConfig, 'powerCycle' | 'tether'>): Problem[] => {
  const programs: [place: string, words: readonly string[]][] = [
    ...Object.entries(powerCycle).map(([id, words]): [string, string[]] => [`/powerCycle/${id}`, words]),
    ...(tether
      ? ([
          ['/tether/on', tether.on],
          ['/tether/off', tether.off],
        ] as [string, string[]][])
      : []),
  ]
  return programs.flatMap(([place, [value = '']]) =>
    value.startsWith('/')
      ? []
      : [
          {
            path: `${place}/0`,
            value,
            expected: 'a program with its whole path, such as /usr/local/bin/usb-power',
          },
        ],
  )
}

/** Whoever sets one of these believes that it is used. */
export const idleSettingProblems = ({ mode = 'read-only', ...config }: AgentConfig): Problem[] =>
  mode === 'full'
    ? []
    : (['powerCycle', 'advertise', 'tether'] as const)
        .filter((key) => config[key] !== undefined)
        .map((key) => ({
          path: `/${key}`,
          value: config[key],
          expected: 'none, or "mode": "full": an agent that only looks makes no use of it',
        }))

/** What stands around it is ours: a brace that is not closed would have radvd read none of it. */
export const advertiseProblems = ({ advertise = {} }: Pick<AgentConfig, 'advertise'>): Problem[] =>
  Object.entries(advertise).flatMap(([name, lines]) => {
    let depth = 0
    const at = lines.findIndex((line) => (depth = depthAfter(line, depth)) < 0)
    if (at < 0 && depth === 0) return []
    const expected = 'as many { as }: radvd.conf(5) has each option in a pair'
    const last = at < 0 ? lines.length - 1 : at
    return [{ path: `/advertise/${name}/${last}`, value: lines[last], expected }]
  })

/** Negative when one was closed that is not open. Behind a # is a comment. */
const depthAfter = (line: string, before: number): number => {
  let depth = before
  for (const letter of line.replace(/#.*/, '')) {
    if (letter === '{') depth += 1
    if (letter === '}') depth -= 1
    if (depth < 0) return depth
  }
  return depth
}
