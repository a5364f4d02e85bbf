import type { HttpAnswer } from '../../sys/sys.ts'

/** The cookies of one device. */
export type CookieJar = {
  /** Keeps what an answer sets. */
  take(answer: HttpAnswer): void
  /** Keeps `NAME=VALUE`. */
  put(pair: string): void
  /** The Cookie header; null without cookies. */
  header(): string | null
  empty(): void
}

export const cookieJar = (): CookieJar => {
  const cookies = new Map<string, string>()
  const put = (pair: string): void => {
    const at = pair.indexOf('=')
    if (at > 0 && isHeaderSafe(pair)) cookies.set(pair.slice(0, at), pair.slice(at + 1))
  }
  return {
    take(answer) {
      for (const line of headerLines(answer, 'set-cookie')) put((line.split(';', 1)[0] ?? '').trim())
    },
    put,
    header: () =>
      cookies.size === 0 ? null : [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
    empty: () => cookies.clear(),
  }
}

/** Every line of a header; `name` in lower case. */
export const headerLines = (answer: HttpAnswer, name: string): readonly string[] => {
  const value = answer.headers[name]
  if (value === undefined) return []
  return typeof value === 'string' ? [value] : value
}

/** What we send back in a header must not be able to break out of it. */
export const isHeaderSafe = (text: string): boolean => /^[\x21-\x7e]{1,512}$/.test(text)
