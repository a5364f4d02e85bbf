import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { InfraError } from '@infra-home/shared/errors.ts'

type Book = { readonly nodes: Readonly<Record<string, { readonly sha256: string; readonly since: string }>> }

const LOOK_EVERY_MS = 1000

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
}

export const openCredentials = (file: string): Credentials => {
  let read: { readonly stamp: string; readonly book: Book } = { stamp: '', book: { nodes: {} } }
  let looked = -Infinity
  /** The file is looked at once a second at the most: this is asked for every message. */
  const book = (): Book => {
    if (performance.now() - looked < LOOK_EVERY_MS) return read.book
    return lookNow()
  }
  const lookNow = (): Book => {
    looked = performance.now()
    if (!existsSync(file)) return { nodes: {} }
    const { mtimeMs, size, ino } = statSync(file)
    const stamp = `${mtimeMs}-${size}-${ino}`
    if (stamp !== read.stamp) read = { stamp, book: parseBook(file) }
    return read.book
  }
  return {
    check(node, secret) {
      const known = secretOf(lookNow(), node)
      if (!known) return false
      return timingSafeEqual(Buffer.from(known.sha256, 'hex'), sha256(secret))
    },
    knows: (node) => Object.hasOwn(book().nodes, node) || Object.hasOwn(lookNow().nodes, node),
    hashOf(node) {
      const known = secretOf(book(), node) ?? secretOf(lookNow(), node)
      return known ? Buffer.from(known.sha256, 'hex') : null
    },
    add(node, at) {
      const secret = randomBytes(32).toString('base64url')
      write(file, {
        nodes: { ...lookNow().nodes, [node]: { sha256: sha256(secret).toString('hex'), since: at } },
      })
      lookNow()
      return secret
    },
    remove(node) {
      const { [node]: gone, ...nodes } = lookNow().nodes
      if (gone) write(file, { nodes })
      lookNow() // who is out is out at once
      return gone !== undefined
    },
  }
}

/** Nobody is called __proto__: what every object has is not a node's. */
const secretOf = ({ nodes }: Book, node: string): Book['nodes'][string] | undefined =>
  Object.hasOwn(nodes, node) ? nodes[node] : undefined

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()

const parseBook = (file: string): Book => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Book
  } catch (cause) {
    throw new InfraError('config-invalid', `${file}: cannot be read as JSON`, { cause, context: { file } })
  }
}

const write = (file: string, book: Book): void => {
  const fresh = `${file}.new`
  writeFileSync(fresh, `${JSON.stringify(book, null, 2)}\n`, { mode: 0o600 })
  renameSync(fresh, file)
}
