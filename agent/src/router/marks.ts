/** The bits of a packet's and of a flow's mark that are ours. */
export const MARK_MASK = 0xff0000
/** Those of others. */
export const OTHERS_MARKS = 0xff00ffff

/** What flows of an uplink carry. */
export const markOf = ({ index }: { readonly index: number }): number => index << 16

/** As ip, nft and conntrack read it. */
export const hex = (value: number): string => `0x${value.toString(16)}`

/** The same with the bits that count, as ip-rule(8) and conntrack(8) have it: `0x10000/0xff0000`. */
export const maskedMark = (uplink: { readonly index: number }): string =>
  `${hex(markOf(uplink))}/${hex(MARK_MASK)}`
