/** How Node is started for a coordinator, in every launcher and every measurement. */
export const COORDINATOR_FLAGS: readonly string[] = ['--max-semi-space-size=8']

/** The environment that goes with them: freed memory is given back at once (mallopt(3)). */
export const COORDINATOR_ENVIRONMENT: Readonly<Record<string, string>> = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_TRIM_THRESHOLD_: '131072',
}
