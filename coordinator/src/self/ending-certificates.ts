import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { days, rfc3339, type WallMs, wallMs } from '@infra-home/shared/clock.ts'
import type { LoadedConfig } from '../config.ts'
import { trustFolder } from '../trust/signing-keys.ts'

/** Whoever renews one automatically has done so by then; of a short life, a quarter is left. */
const AHEAD = days(14)
const AHEAD_SHARE = 1 / 4

/** Where the certificates stand that this coordinator shows, or signs with: ours are made when they are first needed. */
export const certificateFiles = (
  { config, stateDir }: Pick<LoadedConfig, 'config' | 'stateDir'>,
  configFolder: string,
): string[] => {
  const given = config.http?.tls?.certFile
  const ours = ['server.json', 'authority.pem'].map((name) => join(trustFolder(stateDir), name))
  return [...(given === undefined ? [] : [resolve(configFolder, given)]), ...ours.filter(existsSync)]
}

/** Which of them end soon, have ended or cannot be read, in a sentence; null when none. */
export const endingCertificates = (files: readonly string[], now: WallMs): string | null => {
  const words = files.flatMap((file) => wordOf(file, now) ?? [])
  return words.length === 0 ? null : words.join('; ')
}

const wordOf = (file: string, now: WallMs): string | null => {
  const span = spanIn(file)
  if (!span) return `${file} holds no certificate that can be read`
  const left = span.to - now
  if (left > Math.min(AHEAD, (span.to - span.from) * AHEAD_SHARE)) return null
  return `the certificate in ${file} ${left > 0 ? 'ends' : 'ended'} ${rfc3339(wallMs(span.to)).slice(0, 10)}`
}

type Span = { readonly from: number; readonly to: number }

/** When the first certificate of a file of PEM was made and ends, or that of our own book, which count from 1970 on; null when there is none. */
const spanIn = (file: string): Span | null => {
  try {
    const text = readFileSync(file, 'utf8')
    const book = file.endsWith('.json') ? JSON.parse(text) : null
    const { validFromDate, validToDate } = new X509Certificate(book ? book.certificate : text)
    return { from: book ? Date.parse(book.issuedAt) : validFromDate.getTime(), to: validToDate.getTime() }
  } catch {
    return null // whatever is wrong with it, people are told that it is no certificate
  }
}
