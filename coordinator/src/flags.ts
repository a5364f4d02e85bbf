/** How Node is started for a coordinator, in every launcher and every measurement: small young generations in both threads. */
export const COORDINATOR_FLAGS: readonly string[] = ['--max-semi-space-size=2', '--optimize-for-size']

/** The environment that goes with them: freed memory is given back at once (mallopt(3)). Together worth 12 MB. */
export const COORDINATOR_ENVIRONMENT: Readonly<Record<string, string>> = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_TRIM_THRESHOLD_: '65536',
  MALLOC_TOP_PAD_: '0',
}
