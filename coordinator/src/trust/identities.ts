import { join } from 'node:path'
import { rfc3339, wallMs, type WallMs } from '@infra-home/shared/clock.ts'
import { openBook } from './book.ts'
import { BOOKS } from './book-schemas.ts'
import type { Withdrawn } from './write-certificate.ts'

/** node: an agent · reader: hears everything, says nothing · broker: a broker that is not ours */
export type Role = 'node' | 'reader' | 'broker'
export const ROLES: readonly Role[] = ['node', 'reader', 'broker']

/** One certificate of an identity; times are RFC 3339, the serial is upper-case hexadecimal. */
export type Certified = {
  readonly serial: string
  readonly notAfter: string
  /** Beside the certificate, because every one says 1970. */
  readonly issuedAt: string
  readonly revokedAt: string | null
}

export type Identity = {
  readonly role: Role
  /** Of its newest certificate, PEM (SPKI). */
  readonly publicKey: string
  /** Oldest first. */
  readonly certificates: readonly Certified[]
  /** The newest of them, PEM, for who did not get it; older books do not have it. */
  readonly newest?: string
  readonly enrolledAt: string
  readonly by: string
  readonly renewedAt: string | null
  readonly revoked: { readonly at: string; readonly by: string } | null
}

export type Refusal = 'unknown-identity' | 'unknown-certificate' | 'revoked-certificate'
export type Admission = { readonly identity: Identity } | { readonly refused: Refusal }

/** What an identity was just given. */
export type Granted = Pick<Certified, 'serial' | 'notAfter'> & {
  readonly publicKey: string
  readonly at: WallMs
  /** PEM */
  readonly certificate?: string
}

/** Who there is: every device, reader and broker that was enrolled, with its certificates. */
export type Identities = {
  get(name: string): Identity | null
  all(): readonly (readonly [name: string, identity: Identity])[]
  /** Whether a certificate, which the authority is known to have signed, still counts for `name`. O(1). */
  admits(name: string, serial: string): Admission
  /** Makes an identity, or makes it anew: what it was given before does not count any more. */
  enrol(name: string, granted: Granted & { readonly role: Role; readonly by: string }): void
  /** Adds a certificate; the one before it counts until it expires. */
  renew(name: string, granted: Granted): void
  /** Nothing that it was given counts any more. False when there is nothing to revoke. */
  revoke(name: string, how: { readonly at: WallMs; readonly by: string }): boolean
  /** Forgets a revoked identity; its certificates stay withdrawn. */
  forget(name: string): boolean
  /** Every certificate that does not count any more and has not expired by `now`. */
  withdrawn(now: WallMs): readonly Withdrawn[]
  /** The newest time at which anything was issued: no later one can be right. */
  newestIssue(): WallMs
  /** What is wrong with the file; null when nothing is. */
  fault(): string | null
  /** Calls back with the name of each identity that changed. */
  onChange(listener: (name: string) => void): void
}

type Gone = Pick<Certified, 'serial' | 'notAfter'> & { readonly revokedAt: string }
type Registry = {
  readonly identities: Readonly<Record<string, Identity>>
  /** Withdrawn certificates of identities that were forgotten. */
  readonly gone: readonly Gone[]
}

/** Opens the registry, `nodes.json` in `folder`. @throws InfraError config-invalid, here and at every change, when it is broken */
export const openIdentities = (folder: string, now?: () => number): Identities => {
  const book = openBook<Registry>(join(folder, 'nodes.json'), {
    empty: { identities: {}, gone: [] },
    schema: BOOKS['nodes.json'],
    now,
  })
  const listeners: ((name: string) => void)[] = []
  const indexOf = indexer()
  const get = (registry: Registry, name: string): Identity | null =>
    Object.hasOwn(registry.identities, name) ? (registry.identities[name] ?? null) : null
  const put = (name: string, identity: Identity): void => {
    const registry = book.look()
    book.write({ ...registry, identities: { ...registry.identities, [name]: identity } })
    for (const listener of listeners) listener(name)
  }
  return {
    get: (name) => get(book.read(), name),
    all: () => Object.entries(book.look().identities).sort(([a], [b]) => order.compare(a, b)),
    admits(name, serial) {
      const registry = book.read()
      const identity = get(registry, name)
      if (!identity) return { refused: 'unknown-identity' }
      const known = indexOf(registry).get(serial)
      if (known?.name !== name) return { refused: 'unknown-certificate' }
      if (identity.revoked || known.certified.revokedAt) return { refused: 'revoked-certificate' }
      return { identity }
    },
    enrol(name, { role, by, ...granted }) {
      const at = rfc3339(granted.at)
      const before = get(book.look(), name)?.certificates ?? []
      put(name, {
        role,
        by,
        publicKey: granted.publicKey,
        certificates: [...before.map((one) => withdraw(one, at)), certified(granted)],
        ...newest(granted),
        enrolledAt: at,
        renewedAt: null,
        revoked: null,
      })
    },
    renew(name, granted) {
      const before = get(book.look(), name)
      if (!before) return
      const kept = before.certificates.filter(({ notAfter }) => Date.parse(notAfter) > granted.at)
      put(name, {
        ...before,
        publicKey: granted.publicKey,
        certificates: [...kept, certified(granted)],
        ...newest(granted),
        renewedAt: rfc3339(granted.at),
      })
    },
    revoke(name, { at, by }) {
      const before = get(book.look(), name)
      if (!before || before.revoked) return false
      const time = rfc3339(at)
      const certificates = before.certificates.map((one) => withdraw(one, time))
      put(name, { ...before, certificates, revoked: { at: time, by } })
      return true
    },
    forget(name) {
      const registry = book.look()
      const { [name]: left, ...identities } = registry.identities
      if (!left?.revoked || !Object.hasOwn(registry.identities, name)) return false
      book.write({ identities, gone: [...registry.gone, ...goneOf(left)] })
      for (const listener of listeners) listener(name)
      return true
    },
    withdrawn(at) {
      const { identities, gone } = book.look()
      const all = [...gone, ...Object.values(identities).flatMap(goneOf)]
      return all.filter(({ notAfter }) => Date.parse(notAfter) > at)
    },
    newestIssue() {
      const all = Object.values(book.look().identities).flatMap(({ certificates }) => certificates)
      return wallMs(Math.max(0, ...all.map(({ issuedAt }) => Date.parse(issuedAt))))
    },
    fault: book.fault,
    onChange: (listener) => void listeners.push(listener),
  }
}

const order = new Intl.Collator('en', { numeric: true })

const certified = ({ serial, notAfter, at }: Granted): Certified => ({
  serial,
  notAfter,
  issuedAt: rfc3339(at),
  revokedAt: null,
})

const newest = ({ certificate }: Granted): Pick<Identity, 'newest'> =>
  certificate === undefined ? {} : { newest: certificate }

const withdraw = (one: Certified, at: string): Certified => ({ ...one, revokedAt: one.revokedAt ?? at })

const goneOf = ({ certificates }: Identity): Gone[] =>
  certificates.flatMap(({ serial, notAfter, revokedAt }) =>
    revokedAt === null ? [] : [{ serial, notAfter, revokedAt }],
  )

type Index = ReadonlyMap<string, { readonly name: string; readonly certified: Certified }>

/** Certificates by serial, worked out once for each content of the book. */
const indexer = (): ((registry: Registry) => Index) => {
  let [of, index]: [Registry | null, Index] = [null, new Map()]
  return (registry) => {
    if (of === registry) return index
    const pairs = Object.entries(registry.identities).flatMap(([name, { certificates }]) =>
      certificates.map((one) => [one.serial, { name, certified: one }] as const),
    )
    ;[of, index] = [registry, new Map(pairs)]
    return index
  }
}
