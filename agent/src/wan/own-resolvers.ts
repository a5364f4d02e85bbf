/** The resolvers of an uplink itself: those of its plan, or else its gateway, which asks for others. Pure. */
export const ownResolvers = (planned: readonly string[], gateway: string | null): readonly string[] =>
  planned.length > 0 || gateway === null ? planned : [gateway]
