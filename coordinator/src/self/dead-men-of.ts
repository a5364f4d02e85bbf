import { type CancelTimer, type Clock, milliseconds, minutes } from '@infra-home/shared/clock.ts'
import { httpRequest } from '../alerts/sending/http-request.ts'
import type { CoordinatorConfig } from '../config-schema.ts'
import type { Coordinator } from '../coordinator.ts'
import { readSecret } from '../read-secret.ts'
import { startDeadMan } from './dead-man.ts'
import { noteSelf } from './watch-self.ts'

/** The sign of life that the configuration wants, if it wants one. @throws InfraError config-invalid */
export const deadMenOf = (
  { deadMan }: CoordinatorConfig,
  {
    clock,
    configFile,
    coordinator,
  }: {
    readonly clock: Clock
    readonly configFile: string
    readonly coordinator: Pick<Coordinator, 'world' | 'note' | 'readiness'>
  },
): CancelTimer[] => {
  if (!deadMan) {
    noteSelf(coordinator, 'dead-man', null) // one that was configured may have been unheard when it was taken out
    return []
  }
  const url = readSecret(configFile, deadMan.urlFile)
  const period = deadMan.everyMs === undefined ? minutes(15) : milliseconds(deadMan.everyMs)
  return [startDeadMan({ clock, coordinator, http: httpRequest, url, period })]
}
