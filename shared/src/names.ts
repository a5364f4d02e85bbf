import * as Type from 'typebox'

/** A name that we choose: node, site, uplink, modem. */
export const NAME_PATTERN = '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'

const name = new RegExp(NAME_PATTERN)

/** True when `text` may name a node, a site, an uplink or a modem: `constructor`, which every object has, may not. */
export const isName = (text: string): boolean => name.test(text) && !(text in Object.prototype)

export const Name = Type.String({
  pattern: NAME_PATTERN,
  description: 'lower-case letters, digits and inner hyphens, 63 at most',
})
export type Name = Type.Static<typeof Name>
