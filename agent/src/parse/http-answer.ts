/** The beginning of what a web server said, as far as a probe cares. */
export type HttpAnswer = {
  readonly status: number
  /** Where it sends us instead; '' for nowhere. */
  readonly location: string
  readonly body: string
}

/** Reads the beginning of an answer (RFC 9112 §4); null for what is none. */
export const parseHttpAnswer = (bytes: Uint8Array): HttpAnswer | null => {
  const [head = '', ...rest] = new TextDecoder('latin1').decode(bytes).split('\r\n\r\n')
  const status = /^HTTP\/1\.[01] (\d{3})(?: |\r|$)/.exec(head)?.[1]
  if (status === undefined) return null
  const location = /^location:[ \t]*(.*)$/im.exec(head)?.[1]?.trim() ?? ''
  return { status: Number(status), location, body: rest.join('\r\n\r\n') }
}
