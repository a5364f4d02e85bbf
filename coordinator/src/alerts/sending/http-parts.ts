import type { HttpAnswer, HttpAsked } from './http-request.ts'

/** The answer's body as JSON, undefined when it is none. */
export const jsonOf = ({ body }: HttpAnswer): unknown => {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

/** A field of what may be an object. */
export const fieldOf = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined

/** A POST of JSON. */
export const postJson = (
  url: string,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): HttpAsked => ({
  method: 'POST',
  url,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
})

/** A header that shows a bearer token, where there is one. */
export const bearerOf = (token: string | undefined): Readonly<Record<string, string>> =>
  token === undefined ? {} : { authorization: `Bearer ${token}` }

/** A path below a server's URL, however that ends. */
export const below = (server: string, path: string): string => `${server.replace(/\/$/, '')}/${path}`

/** What an answer of 2xx is when it is a page for people, null when it is none. */
export const webPage = ({ body }: HttpAnswer): string | null =>
  body.trimStart().startsWith('<') ? 'a web page' : null
