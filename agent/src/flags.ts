/**
 * How Node is started for an agent, in every launcher and every measurement: V8 without its optimising compilers and with
 * small heaps. On a 512 MB board that is worth about 15 MB, and an agent has nothing to optimise.
 */
export const AGENT_FLAGS: readonly string[] = [
  '--lite-mode',
  '--max-semi-space-size=1',
  '--v8-pool-size=0',
  '--max-old-space-size=48',
  '--expose-gc',
]

/** The same for an agent that runs from its sources: Node.js strips their types by WebAssembly, which --lite-mode does not have. */
export const AGENT_SOURCE_FLAGS: readonly string[] = AGENT_FLAGS.filter((flag) => flag !== '--lite-mode')

/**
 * The environment that goes with them: one thread for files, and a C library that gives freed memory back at once
 * (mallopt(3)), worth another 3 MB.
 */
export const AGENT_ENVIRONMENT: Readonly<Record<string, string>> = {
  UV_THREADPOOL_SIZE: '1',
  MALLOC_ARENA_MAX: '1',
  MALLOC_TRIM_THRESHOLD_: '65536',
  MALLOC_TOP_PAD_: '0',
}
