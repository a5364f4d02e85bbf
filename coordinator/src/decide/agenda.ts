import type { MonoMs } from '@infra-home/shared/clock.ts'
import type { Touched } from '../world/reduce.ts'

type Item = { readonly at: MonoMs; readonly subject: Touched }

/**
 * When to look at which subject again. A subject has at most one place in the heap, and looking too early does no harm:
 * so an appointment that moves further away stays where it is and is made anew when it comes up.
 */
export type Agenda = {
  /** Makes sure that `subject` is looked at by `at`. */
  see(subject: Touched, at: MonoMs | null): void
  /** The next appointment, or null. */
  nextAt(): MonoMs | null
  /** Takes off the agenda every subject whose time has come. */
  due(now: MonoMs): Touched[]
}

export const createAgenda = (): Agenda => {
  const heap: Item[] = []
  const booked = new Map<Touched, MonoMs>()
  const current = (item: Item | undefined): boolean =>
    item !== undefined && booked.get(item.subject) === item.at
  const dropStale = (): void => {
    while (heap.length > 0 && !current(heap[0])) pop(heap)
  }
  return {
    see(subject, at) {
      if (at === null) return
      const old = booked.get(subject)
      if (old !== undefined && old <= at) return
      booked.set(subject, at)
      push(heap, { at, subject })
    },
    nextAt() {
      dropStale()
      return heap[0]?.at ?? null
    },
    due(now) {
      const subjects: Touched[] = []
      for (dropStale(); heap[0] && heap[0].at <= now; dropStale()) {
        const { subject } = pop(heap)
        booked.delete(subject)
        subjects.push(subject)
      }
      return subjects
    },
  }
}

const push = (heap: Item[], item: Item): void => {
  let at = heap.push(item) - 1
  while (at > 0) {
    const parent = (at - 1) >> 1
    if ((heap[parent] as Item).at <= item.at) break
    heap[at] = heap[parent] as Item
    at = parent
  }
  heap[at] = item
}

const pop = (heap: Item[]): Item => {
  const top = heap[0] as Item
  const last = heap.pop() as Item
  if (heap.length === 0) return top
  let at = 0
  for (;;) {
    const left = 2 * at + 1
    if (left >= heap.length) break
    const right = left + 1
    const child = right < heap.length && (heap[right] as Item).at < (heap[left] as Item).at ? right : left
    if ((heap[child] as Item).at >= last.at) break
    heap[at] = heap[child] as Item
    at = child
  }
  heap[at] = last
  return top
}
