/** A module of the old kind that was imported when it was needed: a bundle knows it by its default export alone. */
export const plainly = <T extends object>(loaded: T): T =>
  'default' in loaded && typeof loaded.default === 'object' && loaded.default !== null
    ? (loaded.default as T)
    : loaded
