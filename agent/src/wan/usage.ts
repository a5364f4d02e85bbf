import { type WallMs } from '@infra-home/shared/clock.ts'
import { billingMonthStart } from '@infra-home/shared/wan/quota.ts'

/** What uplinks carried since their billing months began: bytes by uplink and network. */
export type Usage = Readonly<Record<string, UplinkUsage>>
export type UplinkUsage = MonthUsage & {
  /** The month that was counted before this one, earlier or later: by whichever of them the clock was wrong, it may be wanted again. */
  readonly other?: MonthUsage
}
type MonthUsage = { readonly since: WallMs; readonly networks: Readonly<Record<string, number>> }

/** Bytes by uplink and network. */
export type Carried = ReadonlyMap<string, ReadonlyMap<string, number>>

/**
 * The usage with what was carried since. A new billing month begins at zero. A clock that was ahead for a while and is right again, or goes back and will be,
 * finds the month as it was; one that goes back behind all months that were counted, as without a battery at boot, changes none. What uplinks
 * carried that are in the plan no more stays as it was: one comes back from repair in the same month. Pure.
 */
export const withCarried = (
  before: Usage,
  carried: Carried,
  {
    uplinks,
    timeZone,
    wall,
  }: {
    readonly uplinks: readonly { readonly id: string; readonly billingDay: number }[]
    readonly timeZone: string
    readonly wall: WallMs
  },
): Usage => ({
  ...before,
  ...Object.fromEntries(
    uplinks.map(({ id, billingDay }) => {
      const month = billingMonthStart(wall, billingDay, timeZone)
      const usage = inMonth(before[id], month)
      const networks = { ...usage.networks }
      for (const [network, bytes] of carried.get(id) ?? [])
        networks[network] = (networks[network] ?? 0) + bytes
      return [id, { ...usage, networks }]
    }),
  ),
})

const inMonth = (known: UplinkUsage | undefined, month: WallMs): UplinkUsage => {
  if (!known) return { since: month, networks: {} }
  const { other, ...counted } = known
  if (month === known.since || month < Math.min(known.since, other?.since ?? known.since)) return known
  return other?.since === month
    ? { ...other, other: counted }
    : { since: month, networks: {}, other: counted }
}

/** Bytes of all networks, of whoever is in none, and the router's own. Pure. */
export const totalOf = ({ networks }: UplinkUsage): number =>
  Object.values(networks).reduce((sum, bytes) => sum + bytes, 0)
