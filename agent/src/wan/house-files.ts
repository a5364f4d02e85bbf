import { keepAdvertisement } from './advertisement.ts'
import { keepResolverFile } from './resolver-file.ts'

/** Keeps the files by which the house's other programs follow the uplink in use. */
export const keepHouseFiles = (
  options: Parameters<typeof keepResolverFile>[0] & Parameters<typeof keepAdvertisement>[0],
): {
  /** What a path is worth has changed. */
  readonly followPath: () => void
  /** What the kernel does has changed. */
  readonly follow: () => void
} => {
  const resolvers = keepResolverFile(options)
  const advertisement = keepAdvertisement(options)
  return {
    followPath: resolvers.follow,
    follow() {
      resolvers.follow()
      advertisement.follow()
    },
  }
}
