import { InfraError, isInfraError } from '@infra-home/shared/errors.ts'
import { type MmModem, parseMmList, parseMmModem } from '../../parse/mmcli-modem.ts'
import type { Mmcli } from './mmcli.ts'

/**
 * Finds the wanted modem, under whatever number ModemManager gives it now. mmcli itself knows `any`, numbers and devices; a port or
 * an IMEI is looked for among all modems, the one that had it last before the others.
 * @param wanted `any`, a number, a device (/sys/devices/…), an IMEI or a port (ttyUSB2, cdc-wdm0)
 * @throws InfraError modem-unreachable, parse-failed, from what it returns
 */
export const modemFinder = (wanted: string): ((mmcli: Mmcli) => Promise<MmModem>) => {
  const ask = async (mmcli: Mmcli, which: string): Promise<MmModem> =>
    parseMmModem(await mmcli(['-m', which, '-J']))
  if (/^(any|\d{1,4}|\/sys\/.*)$/.test(wanted)) return (mmcli) => ask(mmcli, wanted)
  const port = wanted.replace(/^\/dev\//, '')
  const isWanted = (modem: MmModem): boolean => modem.imei === wanted || modem.ports.includes(port)
  let last: string | null = null
  return async (mmcli) => {
    const atLast = last === null ? null : await ask(mmcli, last).catch(goneIsNull)
    if (atLast && isWanted(atLast)) return atLast
    const paths = parseMmList(await mmcli(['-L', '-J']))
    for (const path of paths) {
      const modem = await ask(mmcli, path)
      if (!isWanted(modem)) continue
      last = path
      return modem
    }
    throw new InfraError('modem-unreachable', `none of ${paths.length} modems in ModemManager is ${wanted}`)
  }
}

const goneIsNull = (error: unknown): null => {
  if (isInfraError(error, 'modem-unreachable')) return null
  throw error
}
