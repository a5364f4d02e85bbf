/**
 * How Node is started for an agent, in every unit and every measurement: V8 without its optimising compilers and with small
 * heaps. On a 512 MB board that is worth about 15 MB, and an agent has nothing to optimise.
 */
export const AGENT_FLAGS: readonly string[] = [
  '--lite-mode',
  '--max-semi-space-size=1',
  '--v8-pool-size=0',
  '--max-old-space-size=48',
]
