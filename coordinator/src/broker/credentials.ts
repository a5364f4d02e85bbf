import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import * as Type from 'typebox'
import { openBook } from '../trust/book.ts'

type Nodes = {
  readonly nodes: Readonly<Record<string, { readonly sha256: string; readonly since: string }>>
}

const SECRETS = Type.Object({
  nodes: Type.Record(
    Type.String(),
    Type.Object({ sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }), since: Type.String() }),
  ),
})

/**
 * Which nodes may connect, by the hash of each one's secret: a secret has 256 random bits, so a plain hash keeps it. The
 * file is read again when it changes, so that `coordinator node add` works beside a running coordinator.
 */
export type Credentials = {
  check(node: string, secret: string): boolean
  knows(node: string): boolean
  /** The SHA-256 of the secret of `node`; null when it has none. */
  hashOf(node: string): Uint8Array | null
  /** Makes (or replaces) the secret of `node` and returns it, the only time that it is seen. */
  add(node: string, at: string): string
  remove(node: string): boolean
  /** What is wrong with the file; null when nothing is. */
  fault(): string | null
}

export const openCredentials = (file: string): Credentials => {
  const book = openBook<Nodes>(file, { empty: { nodes: {} }, schema: SECRETS })
  return {
    check(node, secret) {
      const known = secretOf(book.look(), node)
      return known !== undefined && timingSafeEqual(Buffer.from(known.sha256, 'hex'), sha256(secret))
    },
    knows: (node) => (secretOf(book.read(), node) ?? secretOf(book.look(), node)) !== undefined,
    hashOf(node) {
      const known = secretOf(book.read(), node) ?? secretOf(book.look(), node)
      return known ? Buffer.from(known.sha256, 'hex') : null
    },
    add(node, at) {
      const secret = randomBytes(32).toString('base64url')
      const { nodes } = book.look()
      book.write({ nodes: { ...nodes, [node]: { sha256: sha256(secret).toString('hex'), since: at } } })
      return secret
    },
    remove(node) {
      const { [node]: gone, ...nodes } = book.look().nodes
      if (gone) book.write({ nodes })
      return gone !== undefined
    },
    fault: book.fault,
  }
}

/** Nobody is called __proto__: what every object has is not a node's. */
const secretOf = ({ nodes }: Nodes, node: string): Nodes['nodes'][string] | undefined =>
  Object.hasOwn(nodes, node) ? nodes[node] : undefined

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()
