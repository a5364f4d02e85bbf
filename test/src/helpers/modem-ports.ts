import type { ModemPorts } from '@infra-home/agent/modems/modem.ts'
import { shownPasswords } from '@infra-home/agent/modems/web/shown-passwords.ts'
import { noSerial } from '@infra-home/agent/sys/no-reach.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import { fakeDisk } from './fake-disk.ts'

/** What a driver may use of a machine on which there is nothing but what is given. */
export const modemPorts = (
  given: Partial<Omit<ModemPorts, 'clock'>> & Pick<ModemPorts, 'clock'>,
): ModemPorts => ({
  http: async () => {
    throw new InfraError('http-failed', 'nothing answers here')
  },
  exec: async (program) => {
    throw new InfraError('exec-failed', `${program} is not installed`)
  },
  serial: noSerial,
  shown: shownPasswords({ disk: fakeDisk().mount(), boot: 'this-boot' }),
  ...given,
})
