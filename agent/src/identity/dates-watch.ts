import type { X509Certificate } from 'node:crypto'
import type { Clock } from '@infra-home/shared/clock.ts'
import type { Log } from '@infra-home/shared/log.ts'

/** Says in the log, once, when by our clock a server's certificate does not count: most likely the clock is wrong. */
export const datesWatch = (clock: Clock, log: Log): ((certificate: X509Certificate) => void) => {
  let told = false
  return ({ validFromDate, validToDate }) => {
    const { wall } = clock.now()
    if (told || (wall >= validFromDate.getTime() && wall <= validToDate.getTime())) return
    told = true
    log('warn', 'by our clock the server’s certificate does not count: is the clock wrong?', {
      from: validFromDate.toISOString(),
      to: validToDate.toISOString(),
    })
  }
}
