import { InfraError } from '@infra-home/shared/errors.ts'
import type { Conversing } from './converse.ts'
import type { Reach } from './reach.ts'
import type { SerialLine } from './serial.ts'

/** Sockets of a machine that has no network. */
export const noReach = (why: string): Reach => {
  const nowhere = async (): Promise<never> => {
    throw new InfraError('probe-failed', why)
  }
  return { ask: nowhere, knock: nowhere, say: nowhere }
}

/** A program that is not there to be asked. */
export const noConversing = (program: string): Conversing => ({
  async ask() {
    throw new InfraError('exec-failed', `${program} is not installed`)
  },
  stop() {},
})

/** A serial line of a machine that has none. */
export const noSerial = (device: string): SerialLine => ({
  async ask() {
    throw new InfraError('serial-failed', `there is no ${device}`)
  },
  close() {},
})
