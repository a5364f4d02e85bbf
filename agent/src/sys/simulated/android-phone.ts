import { type Clock, seconds } from '@infra-home/shared/clock.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import type { Sys } from '../sys.ts'
import { type RegistryFormat, registryBlock } from './android-registry.ts'
import { type ModemBox, modemBox } from './modem-box.ts'
import { HEALTHY_MODEM, type SimulatedSim } from './modem-world.ts'

export type AndroidPhone = ModemBox & { readonly exec: Sys['exec'] }

export type AndroidPhoneOptions = {
  readonly clock: Clock
  readonly format?: RegistryFormat
  /** The other SIM is in slot 0, and ours in slot 1. */
  readonly secondSlot?: boolean
  /** Whether dumpsys answers only who asks as root. */
  readonly rooted?: boolean
}

const SIMS: Readonly<Record<SimulatedSim, string>> = {
  ready: 'LOADED',
  absent: 'ABSENT',
  locked: 'PIN_REQUIRED',
  invalid: 'CARD_IO_ERROR',
}
const OTHER = { ...HEALTHY_MODEM, operator: 'Other', plmn: '20820', radio: null }

/** A phone's programs: `dumpsys telephony.registry`, as root where need be, and `getprop gsm.sim.state`. */
export const simulatedAndroidPhone = ({
  clock,
  format = 'android12',
  secondSlot = false,
  rooted = false,
}: AndroidPhoneOptions): AndroidPhone => {
  const box = modemBox(clock, { gone: 'exec-failed', silent: 'exec-timeout' })
  const registry = (): string => {
    const blocks = (secondSlot ? [OTHER, box.world()] : [box.world()]).map(
      (world, slot) => `  Phone Id=${slot}\n${registryBlock(world, format)}`,
    )
    return `last known state:\n${blocks.join('')}registrations: count=0\n`
  }
  const sims = (): string => `${secondSlot ? 'LOADED,' : ''}${SIMS[box.world().sim]}\n`
  return {
    ...box,
    async exec(program, args, wait = seconds(10)) {
      const asked = [program, ...args].join(' ')
      if (asked === 'getprop gsm.sim.state') return box.answer(program, wait, sims)
      if (asked === 'su-dumpsys telephony.registry' && rooted) return box.answer('dumpsys', wait, registry)
      if (asked === 'dumpsys telephony.registry')
        return box.answer(rooted ? 'refused' : 'dumpsys', wait, () => (rooted ? REFUSAL : registry()))
      throw new InfraError('exec-failed', `${program} is not installed`)
    },
  }
}

const REFUSAL =
  'Permission Denial: can’t dump telephony.registry from from pid=4711, uid=10123 due to missing android.permission.DUMP permission\n'
