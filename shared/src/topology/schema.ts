import * as Type from 'typebox'
import { literals } from '../messages/literals.ts'
import { Name } from '../names.ts'

const strict = { additionalProperties: false } as const

const Address = Type.String({ pattern: '^[0-9a-fA-F.:]+$', description: 'an IPv4 or IPv6 address' })
const Ipv4Address = Type.String({ pattern: '^[0-9.]+$', description: 'an IPv4 address' })
const Subnet = Type.String({
  pattern: '^[0-9a-fA-F.:]+/[0-9]{1,3}$',
  description: 'a network as address/prefix',
})
/** The kernel's own name of an interface: 15 bytes without slash or space (IFNAMSIZ). */
const Interface = Type.String({
  pattern: '^[^/\\s]{1,15}$',
  description: 'an interface name, 15 characters at most',
})
const VlanId = Type.Integer({ minimum: 1, maximum: 4094 })
const Port = Type.Integer({ minimum: 1, maximum: 65535 })

export const Vlan = Type.Object(
  {
    id: VlanId,
    name: Type.String({
      pattern: '^[A-Z][A-Z0-9-]{0,15}$',
      description: 'capital letters, digits and hyphens',
    }),
    subnet: Subnet,
    subnet6: Type.Optional(Subnet),
    gateway: Address,
    metered: literals('allow', 'deny', 'critical-only'),
    description: Type.Optional(Type.String()),
  },
  strict,
)
export type Vlan = Type.Static<typeof Vlan>

/**
 * `vlan` is the VLAN's id, or null for an interface in none of them; `tagged` ones hang on the part before the dot, which
 * says in `carries` which VLANs the trunk behind it brings (absent: not said).
 */
export const HostInterface = Type.Object(
  {
    name: Interface,
    vlan: Type.Union([VlanId, Type.Null()]),
    tagged: Type.Boolean(),
    carries: Type.Optional(Type.Array(VlanId, { description: 'the VLANs that come tagged over this trunk' })),
    addresses: Type.Array(Address),
    gateway: Type.Optional(Address),
    dhcp: Type.Optional(Type.Boolean()),
  },
  strict,
)
export type HostInterface = Type.Static<typeof HostInterface>

export const HostK3s = Type.Object(
  {
    role: literals('server', 'agent'),
    nodeIp: Address,
    clusterInit: Type.Optional(Type.Boolean()),
    serverAddr: Type.Optional(
      Type.String({ pattern: '^https://[^/]+$', description: 'an https:// URL without a path' }),
    ),
    flags: Type.Optional(Type.Array(Type.String())),
  },
  strict,
)

export type HostK3s = Type.Static<typeof HostK3s>

export const Host = Type.Object(
  {
    name: Name,
    role: literals('router', 'server', 'control', 'worker'),
    model: Type.String(),
    interfaces: Type.Array(HostInterface, { minItems: 1 }),
    k3s: Type.Optional(HostK3s),
  },
  strict,
)
export type Host = Type.Static<typeof Host>

export const Phone = Type.Object(
  {
    name: Name,
    model: Type.Optional(Type.String()),
    address: Address,
    vlan: VlanId,
    k3s: Type.Optional(HostK3s),
  },
  strict,
)
export type Phone = Type.Static<typeof Phone>

/** What to ask whether a path leads anywhere; what is left out is the WAN machine's default. */
const UplinkProbe = Type.Object(
  {
    targets: Type.Optional(Type.Array(Ipv4Address, { maxItems: 16 })),
    resolvers: Type.Optional(Type.Array(Ipv4Address, { maxItems: 8 })),
    tcpPort: Type.Optional(Port),
    /** An answer with another status is a captive portal or a spent quota. */
    http: Type.Optional(
      Type.Object(
        {
          url: Type.String({
            pattern: '^http://[^/]+/',
            maxLength: 256,
            description: 'an http:// URL with a path',
          }),
          status: Type.Integer({ minimum: 200, maximum: 599 }),
        },
        strict,
      ),
    ),
    dailyBytes: Type.Optional(
      Type.Integer({ minimum: 50_000, description: 'what probing may cost a day, in bytes' }),
    ),
  },
  strict,
)

/** Below and above which a phone is no uplink, and how long it goes on lending when nobody needs it. */
const Tether = Type.Object(
  {
    minBatteryPercent: Type.Optional(Type.Integer({ minimum: 0, maximum: 100 })),
    maxTemperatureC: Type.Optional(Type.Number({ minimum: 20, maximum: 80 })),
    idleSeconds: Type.Optional(Type.Integer({ minimum: 0, maximum: 86_400 })),
  },
  strict,
)

export const Uplink = Type.Object(
  {
    id: Name,
    kind: literals('wifi-4g', 'ethernet', 'usb-modem', 'phone-tether'),
    host: Name,
    interface: Interface,
    metered: Type.Boolean(),
    priority: Type.Integer({ minimum: 0 }),
    monthlyCapBytes: Type.Optional(Type.Integer({ minimum: 1 })),
    billingDay: Type.Optional(Type.Integer({ minimum: 1, maximum: 28 })),
    phone: Type.Optional(Name),
    probe: Type.Optional(UplinkProbe),
    tether: Type.Optional(Tether),
  },
  strict,
)
export type Uplink = Type.Static<typeof Uplink>

export const Modem = Type.Object(
  { id: Name, driver: Name, address: Type.String({ minLength: 1 }), host: Name, uplink: Type.Optional(Name) },
  strict,
)
export type Modem = Type.Static<typeof Modem>

/** Who may begin a connection to whom, between VLANs; what is not in the table may not. */
export const Rule = Type.Object(
  {
    from: Type.String(),
    to: Type.String(),
    protocol: Type.Optional(literals('tcp', 'udp', 'icmp', 'any')),
    ports: Type.Optional(Type.Array(Port)),
  },
  strict,
)

export const Topology = Type.Object(
  {
    $schema: Type.Optional(Type.String()),
    site: Name,
    vlans: Type.Array(Vlan),
    hosts: Type.Array(Host),
    phones: Type.Array(Phone),
    uplinks: Type.Array(Uplink),
    modems: Type.Array(Modem),
    rules: Type.Array(Rule),
    k3s: Type.Optional(
      Type.Object({ vip: Address, port: Port, tokenRef: Type.Optional(Type.String()) }, strict),
    ),
    openbao: Type.Optional(
      Type.Object(
        {
          nodes: Type.Array(Name, { minItems: 1 }),
          shares: Type.Integer({ minimum: 1, maximum: 255 }),
          threshold: Type.Integer({ minimum: 1, maximum: 255 }),
          port: Type.Optional(Port),
          namespace: Type.Optional(Name),
        },
        strict,
      ),
    ),
  },
  strict,
)
export type Topology = Type.Static<typeof Topology>
