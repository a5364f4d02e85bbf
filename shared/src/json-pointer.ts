/** What stands at a JSON pointer (RFC 6901), which may be written for a URI; undefined when nothing does. */
export const followPointer = (root: unknown, pointer: string): unknown => {
  let here: unknown = root
  for (const raw of pointer.split('/').slice(1)) {
    if (typeof here !== 'object' || here === null) return undefined
    const key = decodeURIComponent(raw).replaceAll('~1', '/').replaceAll('~0', '~')
    here = (here as Readonly<Record<string, unknown>>)[key]
  }
  return here
}

export const escapePointer = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1')
