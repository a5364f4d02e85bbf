import type { Contradiction, TopologyRule } from './check.ts'
import { sharing } from './places.ts'

const nodes: TopologyRule = ({ openbao, hosts, phones }) => {
  const places = (openbao?.nodes ?? []).map((name, i) => ({ name, path: `/openbao/nodes/${i}` }))
  const known = new Set([...hosts, ...phones].map(({ name }) => name))
  const unknown = places
    .filter(({ name }) => !known.has(name))
    .map(({ name, path }): Contradiction => ({
      code: 'openbao-node-unknown',
      message: `OpenBao is to run on ${name}, which is no node`,
      culprits: [path, '/hosts'],
    }))
  const twice = sharing(places, ({ name }) => name).map(([first, again]): Contradiction => ({
    code: 'openbao-node-twice',
    message: `OpenBao is to run on ${again.name} twice: one power cut would take two of its votes`,
    culprits: [first.path, again.path],
  }))
  return [...unknown, ...twice]
}

/** OpenBao itself refuses a threshold above the shares, and one of 1 among several (sys/init). */
const shares: TopologyRule = ({ openbao }) => {
  if (!openbao) return []
  const { threshold, shares, nodes } = openbao
  const found: Contradiction[] = []
  const wrong = (message: string): void => {
    found.push({ code: 'openbao-threshold', message, culprits: ['/openbao/threshold', '/openbao/shares'] })
  }
  if (threshold > shares) wrong(`${threshold} shares are needed of ${shares}`)
  if (threshold === 1 && shares > 1) wrong(`any one of ${shares} shares would do: OpenBao refuses that`)
  if (nodes.length > shares) {
    const message = `OpenBao runs on ${nodes.length} nodes with ${shares} shares: not each node could hold one`
    found.push({ code: 'openbao-shares', message, culprits: ['/openbao/nodes', '/openbao/shares'] })
  }
  return found
}

export const openbaoRules: readonly TopologyRule[] = [nodes, shares]
