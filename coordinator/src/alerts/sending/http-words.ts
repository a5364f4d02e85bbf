import type { HttpAnswer, HttpAsked } from './http-request.ts'

/** A request as lines for people; what shows who we are is left out. */
export const asked = ({ method, url, headers, body }: HttpAsked): string => {
  const { host, pathname, search } = new URL(url)
  const shown = Object.entries({ host, ...headers }).map(([key, value]) =>
    key === 'authorization' ? `${key}: ${value.split(' ')[0]} (secret)` : `${key}: ${value}`,
  )
  return lines('>', [`${method} ${pathname}${search} HTTP/1.1`, ...shown, '', ...body.split('\n')])
}

/** An answer as lines for people. */
export const answered = ({ status, headers, body }: HttpAnswer): string => {
  const shown = Object.entries(headers).flatMap(([key, value]) =>
    [value ?? []].flat().map((one) => `${key}: ${one}`),
  )
  return lines('<', [`HTTP ${status}`, ...shown, '', ...(body === '' ? [] : body.split(/\r?\n/))])
}

/** An answer in one line. */
export const inFewWords = ({ status, body }: HttpAnswer): string =>
  `HTTP ${status} ${body.replaceAll(/\s+/g, ' ')}`.trim()

const lines = (mark: '>' | '<', said: readonly string[]): string =>
  said.map((line) => `${mark} ${line}`.trimEnd()).join('\n')
