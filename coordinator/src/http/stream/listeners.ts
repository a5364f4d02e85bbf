/** Who listens to the live stream: only so many, and all can be let go. */
export type Listeners = {
  /** Takes one more in, with the way to let it go; returns the way out, or null when the house is full. */
  admit(letGo: () => void): (() => void) | null
  letAllGo(): void
}

const MOST = 128

export const createListeners = (most = MOST): Listeners => {
  const present = new Set<() => void>()
  return {
    admit(letGo) {
      if (present.size >= most) return null
      present.add(letGo)
      return () => present.delete(letGo)
    },
    letAllGo() {
      for (const letGo of present) letGo()
    },
  }
}
