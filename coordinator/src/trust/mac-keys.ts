import { type MacKey, macKeyFrom } from '@infra-home/shared/seal/mac.ts'

/**
 * The key of each node's messages, worked out once and again when what it comes from has changed.
 * @param agreedWith what a node and we share and nobody else has; null for a node that is not enrolled
 */
export const createMacKeys = (
  site: string,
  agreedWith: (node: string) => Uint8Array | null,
): ((node: string) => MacKey | null) => {
  const known = new Map<string, { readonly agreed: Uint8Array; readonly key: MacKey }>()
  return (node) => {
    const agreed = agreedWith(node)
    if (!agreed) return null
    const old = known.get(node)
    if (old && Buffer.compare(old.agreed, agreed) === 0) return old.key
    const key = macKeyFrom(agreed, site, node)
    known.set(node, { agreed, key })
    return key
  }
}
