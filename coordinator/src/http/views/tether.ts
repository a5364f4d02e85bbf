import { limitsNow, phoneHealthOf, tetherStateOf } from '../../decide/phone-now.ts'
import type { WanPlan } from '../../decide/wan-plan.ts'
import type { HttpContext } from '../context.ts'

const UNHEARD = { batteryPercent: null, temperatureC: null, charging: null }

/** The phone behind an uplink, and whether it lends its network; null for what is no phone. */
export const tetherView = (
  { world, now }: Pick<HttpContext, 'world' | 'now'>,
  { tethers }: WanPlan,
  uplink: string,
) => {
  const plan = tethers.find((one) => one.uplink === uplink)
  if (!plan) return null
  const { phone } = plan
  const said = tetherStateOf(world, phone)
  const fact = world.wan.tethers[uplink]
  return {
    phone,
    on: said?.on ?? null,
    until: said?.until ?? null,
    wantedFor: fact?.stage === 'lent' || fact?.stage === 'spare' ? fact.reason : null,
    error: said?.error ?? null,
    ...UNHEARD,
    ...phoneHealthOf(world, phone, now().mono),
    ...limitsNow(world, plan),
  }
}
export type TetherView = NonNullable<ReturnType<typeof tetherView>>

/** Charge and heat, as far as they are known. */
export const healthWords = ({ batteryPercent, temperatureC, charging }: Omit<TetherView, 'phone'>): string =>
  [
    batteryPercent === null ? 'charge unknown' : `${batteryPercent} %`,
    ...(charging ? ['charging'] : []),
    ...(temperatureC === null ? [] : [`${temperatureC} °C`]),
  ].join(', ')

/** One line of a phone that lends its network. */
export const tetherLine = (uplink: string, tether: TetherView): string => {
  const { phone, on, until, wantedFor, error } = tether
  const lends =
    on === null
      ? 'does not say whether it lends its network'
      : on
        ? `lends its network until ${until?.slice(11, 19) ?? ''} UTC`
        : 'sleeps'
  return [
    `${uplink}: ${phone} ${lends}${on === null ? '' : ` (${healthWords(tether)})`}`,
    ...(wantedFor === null ? [] : [`wanted: ${wantedFor}`]),
    ...(error === null ? [] : [`! ${error}`]),
  ].join('; ')
}
