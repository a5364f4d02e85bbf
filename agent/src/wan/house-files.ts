import { keepAdvertisement } from './advertisement.ts'
import { keepResolverFile } from './resolver-file.ts'

/** Keeps the files by which the house's other programs follow the uplink in use. */
export const keepHouseFiles = (
  options: Parameters<typeof keepResolverFile>[0] & Parameters<typeof keepAdvertisement>[0],
): { readonly follow: () => void; readonly stop: () => void } => {
  const resolvers = keepResolverFile(options)
  const advertisement = keepAdvertisement(options)
  return {
    follow() {
      resolvers.follow()
      advertisement.follow()
    },
    stop: advertisement.stop,
  }
}
