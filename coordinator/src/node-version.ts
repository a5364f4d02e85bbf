/** The oldest Node.js that the database's native part runs on; older ones crash without a word. */
export const OLDEST_NODE = { major: 22, minor: 20 } as const

export const NODE_NEEDED = `the coordinator needs Node.js ${OLDEST_NODE.major}.${OLDEST_NODE.minor} or newer`

/** @param version as `process.versions.node` gives it */
export const isNodeTooOld = (version: string): boolean => {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major < OLDEST_NODE.major || (major === OLDEST_NODE.major && minor < OLDEST_NODE.minor)
}
