import type { Route } from '@infra-home/shared/messages/routes.ts'
import { FAMILIES } from './families.ts'
import { DEFAULT_METRIC, OUR_PROTOCOL, tableOf } from './ours.ts'
import type { RoutedLan, RoutedUplink } from './plan.ts'

/** The worst there is: it stands where nothing else does, so that an emptied table does not fall through to the next. */
const LAST_METRIC = 4_294_967_295

/** An uplink's own table. Pure. */
export const tableRoutes = (uplink: RoutedUplink, lans: readonly RoutedLan[]): Route[] => {
  const table = tableOf(uplink)
  const { networks, interface: device } = uplink
  return [
    ...networks.flatMap(({ family, subnet, gateway }) => [
      route({ family, destination: subnet, interface: device, table }),
      route({ family, destination: 'default', gateway, interface: device, table }),
    ]),
    ...lans.map(({ family, subnet, interface: lan }) =>
      route({ family, destination: subnet, interface: lan, table }),
    ),
    ...FAMILIES.map((family) =>
      route({ family, kind: 'unreachable', destination: 'default', table, metric: LAST_METRIC }),
    ),
  ]
}

/** Our defaults in the main table, for the uplink in use. Pure. */
export const mainRoutes = ({ networks, interface: device }: RoutedUplink): Route[] =>
  networks.map(({ family, gateway }) =>
    route({
      family,
      destination: 'default',
      gateway,
      interface: device,
      table: 'main',
      metric: DEFAULT_METRIC,
    }),
  )

const route = (known: Pick<Route, 'family' | 'destination' | 'table'> & Partial<Route>): Route => ({
  kind: 'unicast',
  gateway: null,
  interface: null,
  source: null,
  metric: null,
  protocol: OUR_PROTOCOL,
  ...known,
})
