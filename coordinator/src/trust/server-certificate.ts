import { createPrivateKey, X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import { type DurationMs, rfc3339, wallLater, type WallMs } from '@infra-home/shared/clock.ts'
import type { Authority } from './authority.ts'
import { openBook } from './book.ts'
import { BOOKS } from './book-schemas.ts'
import { newPrivateKey, publicPem } from './p256.ts'

/** The name that agents look for in the certificate of whoever says to be the coordinator. */
export const COORDINATOR_NAME = 'coordinator'

/** For a TLS server or client: PEM; `cert` is the leaf and the authority behind it. */
export type Material = { readonly key: string; readonly cert: string }

/** One file, so that key and certificate always belong together. */
type Kept = {
  readonly key: string
  readonly certificate: string
  readonly issuedAt: string
  readonly names: readonly string[]
}

export type ServerCertificateOptions = {
  /** DNS names and addresses by which the coordinator is reached. */
  readonly names: readonly string[]
  readonly life: DurationMs
  readonly now: () => WallMs
}

/**
 * The coordinator's own certificate, `server.json` in `folder`: made when there is none, anew when its names have changed
 * or two thirds of its life are over.
 */
export const serverCertificate = (
  folder: string,
  authority: Authority,
  { names, life, now }: ServerCertificateOptions,
): (() => Promise<Material>) => {
  const book = openBook<Kept | null>(join(folder, 'server.json'), {
    empty: null,
    schema: BOOKS['server.json'],
  })
  const wanted = [...new Set([COORDINATOR_NAME, 'localhost', '127.0.0.1', '::1', ...names])].sort()
  const make = async (): Promise<Kept> => {
    const key = newPrivateKey()
    const { certificate } = await authority.issue({
      name: COORDINATOR_NAME,
      publicKey: publicPem(createPrivateKey(key)),
      notAfter: wallLater(now(), life),
      serverNames: wanted,
    })
    const kept = { key, certificate, issuedAt: rfc3339(now()), names: wanted }
    book.write(kept)
    return kept
  }
  let making: Promise<Kept> | null = null
  return async () => {
    const kept = book.look()
    const good = kept !== null && kept.names.join() === wanted.join() && stillGood(kept, authority, now())
    if (!good) making ??= make().finally(() => (making = null))
    const { key, certificate } = good ? kept : await (making ?? make())
    return { key, cert: `${certificate}${authority.certificate}` }
  }
}

const stillGood = ({ certificate, issuedAt }: Kept, authority: Authority, now: WallMs): boolean => {
  const parsed = new X509Certificate(certificate)
  const [from, to] = [Date.parse(issuedAt), parsed.validToDate.getTime()]
  return authority.signed(parsed) && now < from + ((to - from) * 2) / 3
}
