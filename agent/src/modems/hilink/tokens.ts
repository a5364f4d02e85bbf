import type { HttpAnswer } from '../../sys/sys.ts'
import { cookieJar, headerLines, isHeaderSafe } from '../web/cookie-jar.ts'

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
  emptyOfTokens(): void
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
  const cookies = cookieJar()
  const add = (found: readonly string[]): void => {
    tokens = [...new Set([...tokens, ...found])].slice(-MOST_TOKENS)
  }
  const emptyOfTokens = (): void => {
    tokens = []
    lastSpent = null
  }
  return {
    spend: () => (lastSpent = tokens.shift() ?? lastSpent),
    show: () => (tokens.length === 1 ? (tokens[0] ?? null) : null),
    take(answer, afterLogin = false) {
      cookies.take(answer)
      const found = tokensOf(answer)
      if (afterLogin && found.length > 0) tokens = []
      add(found)
    },
    put: (token) => add([token]),
    setCookie: (cookie) => cookies.put(cookie.includes('=') ? cookie : `SessionID=${cookie}`),
    hasToken: () => tokens.length > 0,
    cookie: cookies.header,
    emptyOfTokens,
    empty() {
      emptyOfTokens()
      cookies.empty()
    },
  }
}

const tokensOf = (answer: HttpAnswer): string[] => {
  const pair = [...headerLines(answer, `${TOKEN_HEADER}one`), ...headerLines(answer, `${TOKEN_HEADER}two`)]
  const found = pair.length > 0 ? pair : headerLines(answer, TOKEN_HEADER).flatMap((line) => line.split('#'))
  return found.map((token) => token.trim()).filter(isHeaderSafe)
}

/** Tokens in the head of the device's page: `<meta name="csrf_token" content="…">`, possibly several. */
export const tokensInPage = (page: string): string[] =>
  [...page.matchAll(/<meta\s+name="csrf_token"\s+content="([^"\s]{1,512})"/gi)].flatMap((match) =>
    match[1] !== undefined && isHeaderSafe(match[1]) ? [match[1]] : [],
  )
