/** The numbers of one session. */
export type Numbering = {
  readonly session: number
  next(): number
  /** 0 before the first */
  last(): number
  /** No more will come. */
  close(): void
  closed(): boolean
}

export const createNumbering = (session: number): Numbering => {
  let last = 0
  let closed = false
  return {
    session,
    next: () => ++last,
    last: () => last,
    close() {
      closed = true
    },
    closed: () => closed,
  }
}
