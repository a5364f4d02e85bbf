import { deflateRawSync, inflateRawSync } from 'node:zlib'

/** From here on a batch is a busy site's: processor time is dearer than room. */
const BUSY_CHARS = 262_144

/** Texts, one a line, as they are stored. */
export const pack = (text: string): Buffer =>
  deflateRawSync(text, { level: text.length < BUSY_CHARS ? 9 : 1 })

export const unpack = (bytes: Uint8Array): string[] => inflateRawSync(bytes).toString().split('\n')
