import { type Clock, monoMs } from '@infra-home/shared/clock.ts'

/** Where the journal's own clock stood, and by which boot of this machine. */
export type ClockMark = { readonly mono: number; readonly machineMono: number; readonly boot: string }

/**
 * The coordinator's continuous clock: the machine's monotonic one, carried on over reboots from where the journal ended. Time
 * that passed while the machine was off counts as none, since nothing was heard in it.
 */
export const siteClock = (machine: Clock, boot: string, last: ClockMark | null): Clock => {
  const start = machine.now().mono
  const offset = last === null ? 0 : last.boot === boot ? last.mono - last.machineMono : last.mono - start
  return {
    now() {
      const { wall, mono } = machine.now()
      return { wall, mono: monoMs(mono + offset) }
    },
    after: machine.after,
  }
}
