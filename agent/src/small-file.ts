import type { Disk } from './sys/sys.ts'

/** A small JSON file of the agent's own; `fallback` when it is not there or cannot be read. */
export const readJson = async <T>(disk: Disk, name: string, fallback: T): Promise<T> => {
  const bytes = await disk.read(name)
  if (!bytes) return fallback
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as T
  } catch {
    return fallback // half a file cannot be, since replace is atomic: it was damaged otherwise, and is made anew
  }
}

export const writeJson = (disk: Disk, name: string, value: unknown): Promise<void> =>
  disk.replace(name, new TextEncoder().encode(JSON.stringify(value)))
