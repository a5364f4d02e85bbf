import { type WallMs } from '@infra-home/shared/clock.ts'
import { billingMonthStart } from '@infra-home/shared/wan/quota.ts'

/** What uplinks carried since their billing months began: bytes by uplink and network. */
export type Usage = Readonly<Record<string, UplinkUsage>>
export type UplinkUsage = {
  readonly since: WallMs
  readonly networks: Readonly<Record<string, number>>
}

/** Bytes by uplink and network. */
export type Carried = ReadonlyMap<string, ReadonlyMap<string, number>>

/**
 * The usage with what was carried since. A new billing month begins at zero; a clock that goes back begins none. Pure.
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
): Usage =>
  Object.fromEntries(
    uplinks.map(({ id, billingDay }) => {
      const month = billingMonthStart(wall, billingDay, timeZone)
      const known = before[id]
      const kept = known && known.since >= month ? known : { since: month, networks: {} }
      const networks = { ...kept.networks }
      for (const [network, bytes] of carried.get(id) ?? [])
        networks[network] = (networks[network] ?? 0) + bytes
      return [id, { since: kept.since, networks }]
    }),
  )

/** Bytes of all networks, and the router's own. Pure. */
export const totalOf = ({ networks }: UplinkUsage): number =>
  Object.values(networks).reduce((sum, bytes) => sum + bytes, 0)
