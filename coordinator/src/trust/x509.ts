import type * as X509 from '@peculiar/x509'
import { plainly } from '../plainly.ts'

/** The library that writes certificates: 23 MB of memory, so it is loaded only when one is to be written. */
export const loadX509 = async (): Promise<typeof X509> => {
  await import('reflect-metadata') // what it stands on asks for this first
  return plainly(await import('@peculiar/x509'))
}
