import type { Contradiction, TopologyRule } from './check.ts'
import { MODEM_DRIVER_NAMES } from './modem-drivers.gen.ts'
import { sharing } from './places.ts'
import type { Topology, Uplink } from './schema.ts'

type Place = { readonly uplink: Uplink; readonly at: string }

/** What a USB plug brings is not there until it is plugged in. */
const PLUGGABLE: ReadonlySet<Uplink['kind']> = new Set(['usb-modem', 'phone-tether'])

const uplinks: TopologyRule = (topology) =>
  topology.uplinks.flatMap((uplink, i): Contradiction[] => {
    const place = { uplink, at: `/uplinks/${i}` }
    const fault =
      hostFault(topology, place) ??
      phoneFault(topology, place) ??
      tetherFault(place) ??
      interfaceFault(topology, place)
    return fault ? [fault] : []
  })

const hostFault = ({ hosts }: Topology, { uplink, at }: Place): Contradiction | null => {
  const index = hosts.findIndex(({ name }) => name === uplink.host)
  const routers = hosts.filter(({ role }) => role === 'router').map(({ name }) => name)
  const expected = `the router${routers.length > 0 ? `: one of ${routers.join(', ')}` : ', which is not planned yet'}`
  const [code, what, culprit] =
    index < 0
      ? (['uplink-host-unknown', 'no host', '/hosts'] as const)
      : (['uplink-host-no-router', 'no router', `/hosts/${index}/role`] as const)
  if (routers.includes(uplink.host)) return null
  const message = `uplink ${uplink.id} is on ${uplink.host}, which is ${what}`
  return { code, message, culprits: [`${at}/host`, culprit], expected }
}

const phoneFault = ({ phones }: Topology, { uplink, at }: Place): Contradiction | null => {
  const { id, kind, phone } = uplink
  if (phone === undefined) return null
  if (kind !== 'phone-tether')
    return {
      code: 'uplink-phone-misplaced',
      message: `uplink ${id} is ${kind}, and names the phone ${phone}`,
      culprits: [`${at}/phone`, `${at}/kind`],
      expected: 'a phone for kind phone-tether alone',
    }
  if (phones.some(({ name }) => name === phone)) return null
  return {
    code: 'uplink-phone-unknown',
    message: `uplink ${id} tethers ${phone}, which is no phone`,
    culprits: [`${at}/phone`, '/phones'],
    expected: listOf(phones.map(({ name }) => name)),
  }
}

const tetherFault = ({ uplink: { id, kind, tether }, at }: Place): Contradiction | null =>
  tether === undefined || kind === 'phone-tether'
    ? null
    : {
        code: 'uplink-tether-misplaced',
        message: `uplink ${id} is ${kind}, and has limits of a phone`,
        culprits: [`${at}/tether`, `${at}/kind`],
        expected: 'limits for kind phone-tether alone',
      }

const interfaceFault = ({ hosts }: Topology, { uplink, at }: Place): Contradiction | null => {
  const index = hosts.findIndex(({ name }) => name === uplink.host)
  const names = (hosts[index]?.interfaces ?? []).map(({ name }) => name)
  if (PLUGGABLE.has(uplink.kind) || names.includes(uplink.interface)) return null
  return {
    code: 'uplink-interface-unknown',
    message: `uplink ${uplink.id} is on ${uplink.host} ${uplink.interface}, which is not planned there`,
    culprits: [`${at}/interface`, `/hosts/${index}/interfaces`],
    expected: `${listOf(names)}, or ${uplink.interface} among them: with "vlan": null, "tagged": false, "addresses": [], "dhcp": true`,
  }
}

/** Of two that are wanted equally nobody could say by which the house goes out. */
const priorities: TopologyRule = ({ uplinks }) =>
  sharing([...uplinks.entries()], ([, { host, priority }]) => `${host} ${priority}`).map(
    ([[i, first], [k, again]]) => ({
      code: 'uplink-priority-twice',
      message: `the uplinks ${first.id} and ${again.id} both have priority ${again.priority}`,
      culprits: [`/uplinks/${i}/priority`, `/uplinks/${k}/priority`],
      expected: 'a priority of its own: the lowest is preferred',
    }),
  )

/** Nothing could move between two that are one, and each would be told from the other by nothing. */
const interfaces: TopologyRule = ({ uplinks }) =>
  sharing([...uplinks.entries()], ([, uplink]) => `${uplink.host} ${uplink.interface}`).map(
    ([[i, first], [k, again]]) => ({
      code: 'uplink-interface-twice',
      message: `the uplinks ${first.id} and ${again.id} are both on ${again.host} ${again.interface}`,
      culprits: [`/uplinks/${i}/interface`, `/uplinks/${k}/interface`],
      expected: 'an interface of its own',
    }),
  )

const modems: TopologyRule = ({ modems, hosts, phones, uplinks }) =>
  modems.flatMap((modem, i): Contradiction[] => {
    const at = `/modems/${i}`
    const nodes = [...hosts, ...phones].map(({ name }) => name)
    const ids = uplinks.map(({ id }) => id)
    const found: Contradiction[] = []
    if (!nodes.includes(modem.host)) {
      const message = `modem ${modem.id} is read by ${modem.host}, which is no node`
      found.push({
        code: 'modem-host-unknown',
        message,
        culprits: [`${at}/host`, '/hosts'],
        expected: listOf(nodes),
      })
    }
    if (modem.uplink !== undefined && !ids.includes(modem.uplink)) {
      const message = `modem ${modem.id} serves uplink ${modem.uplink}, which is not planned`
      const culprits = [`${at}/uplink`, '/uplinks'] as const
      found.push({ code: 'modem-uplink-unknown', message, culprits, expected: listOf(ids) })
    }
    if (!MODEM_DRIVER_NAMES.includes(modem.driver)) {
      const message = `modem ${modem.id} is of driver ${modem.driver}, which there is none of`
      const culprits = [`${at}/driver`, `${at}/id`] as const
      found.push({ code: 'modem-driver-unknown', message, culprits, expected: listOf(MODEM_DRIVER_NAMES) })
    }
    return found
  })

const listOf = (names: readonly string[]): string =>
  names.length === 0 ? 'none: there is none in the plan' : `one of ${names.join(', ')}`

export const uplinkRules: readonly TopologyRule[] = [uplinks, priorities, interfaces, modems]
