import { seconds, type WallMs } from '@infra-home/shared/clock.ts'
import { age } from '../table/words.ts'

/** Who is told of something so much later than it was done was not told as it happened. */
const TOLD_LATE = seconds(2)

/** How much later than it was done something was told, where that is worth a word; else nothing. */
export const toldLate = (doneAt: WallMs, toldAt: WallMs): string[] =>
  toldAt - doneAt < TOLD_LATE ? [] : [`told ${age(toldAt - doneAt)} later`]
