import type { Log } from '@infra-home/shared/log.ts'
import type { Sys } from '../sys/sys.ts'
import { briefly } from '../briefly.ts'

/** Keeps a file for other programs of this machine at the last text; one that could not be written is tried again with the next. */
export const sharedFile = (
  { sys, log }: { readonly sys: Pick<Sys, 'share'>; readonly log: Log },
  name: string,
  whenFailed: string,
): ((text: string) => void) => {
  let written = ''
  let isTold = false
  const tell = (where: string | null): void => {
    if (where !== null || isTold) return
    isTold = true
    log('warn', 'there is no runtime folder for a file that others would read', {
      file: name,
      expected: 'RUNTIME_DIRECTORY, as systemd’s RuntimeDirectory= sets it',
    })
  }
  return (text) => {
    if (text === written) return
    written = text
    sys.share(name, text).then(tell, (error: unknown) => {
      written = ''
      log('warn', whenFailed, { why: briefly(error) })
    })
  }
}
