import type { HttpAnswer } from '../../sys/sys.ts'

/** The request verification tokens at hand, oldest first, and the device's cookies. */
export type HilinkPurse = {
  /** The token for a POST, used up by it; null when the firmware knows none. */
  spend(): string | null
  /** The token to show with a GET, which does not use it up. */
  show(): string | null
  /** Takes what an answer brought; tokens that come with a login replace the ones before. */
  take(answer: HttpAnswer, afterLogin?: boolean): void
  /** Puts a token in, as the opening of a session finds it in a page or an element. */
  put(token: string): void
  setCookie(cookie: string): void
  hasToken(): boolean
  /** The Cookie header; null without cookies. */
  cookie(): string | null
  empty(): void
}

const MOST_TOKENS = 32
const TOKEN_HEADER = '__requestverificationtoken'

/**
 * Keeps tokens as firmwares hand them out: one at a time, …one and …two, or a list joined by `#`. A firmware whose
 * token never changes gets the same one again.
 */
export const hilinkPurse = (): HilinkPurse => {
  let tokens: string[] = []
  let lastSpent: string | null = null
  const cookies = new Map<string, string>()
  const add = (found: readonly string[]): void => {
    tokens = [...new Set([...tokens, ...found])].slice(-MOST_TOKENS)
  }
  return {
    spend: () => (lastSpent = tokens.shift() ?? lastSpent),
    show: () => (tokens.length === 1 ? (tokens[0] ?? null) : null),
    take(answer, afterLogin = false) {
      for (const line of headerLines(answer, 'set-cookie')) storeCookie(cookies, line)
      const found = tokensOf(answer)
      if (afterLogin && found.length > 0) tokens = []
      add(found)
    },
    put: (token) => add([token]),
    setCookie: (cookie) => storeCookie(cookies, cookie.includes('=') ? cookie : `SessionID=${cookie}`),
    hasToken: () => tokens.length > 0,
    cookie: () =>
      cookies.size === 0 ? null : [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
    empty() {
      tokens = []
      lastSpent = null
      cookies.clear()
    },
  }
}

const tokensOf = (answer: HttpAnswer): string[] => {
  const pair = [...headerLines(answer, `${TOKEN_HEADER}one`), ...headerLines(answer, `${TOKEN_HEADER}two`)]
  const found = pair.length > 0 ? pair : headerLines(answer, TOKEN_HEADER).flatMap((line) => line.split('#'))
  return found.map((token) => token.trim()).filter(isHeaderSafe)
}

const headerLines = (answer: HttpAnswer, name: string): readonly string[] => {
  const value = answer.headers[name]
  if (value === undefined) return []
  return typeof value === 'string' ? [value] : value
}

const storeCookie = (cookies: Map<string, string>, line: string): void => {
  const pair = (line.split(';', 1)[0] ?? '').trim()
  const at = pair.indexOf('=')
  if (at > 0 && isHeaderSafe(pair)) cookies.set(pair.slice(0, at), pair.slice(at + 1))
}

/** What we send back in a header must not be able to break out of it. */
const isHeaderSafe = (text: string): boolean => /^[\x21-\x7e]{1,512}$/.test(text)

/** Tokens in the head of the device's page: `<meta name="csrf_token" content="…">`, possibly several. */
export const tokensInPage = (page: string): string[] =>
  [...page.matchAll(/<meta\s+name="csrf_token"\s+content="([^"\s]{1,512})"/gi)].flatMap((match) =>
    match[1] !== undefined && isHeaderSafe(match[1]) ? [match[1]] : [],
  )
