import type { Database } from 'better-sqlite3'
import type { DeliveryChange, DeliveryRow } from '../store.ts'

export type Deliveries = {
  readonly put: (row: DeliveryRow) => void
  readonly due: (now: number) => DeliveryRow[]
  readonly update: (id: string, change: DeliveryChange) => void
  readonly of: (alertId: string) => DeliveryRow[]
  /** Drops those that are no longer due. */
  readonly forgetBefore: (at: number) => void
}

const COLUMNS = 'id, alertId, channel, contact, dueAt, attempts, status, body'

export const createDeliveries = (db: Database): Deliveries => {
  const put = db.prepare(
    `INSERT OR REPLACE INTO deliveries (${COLUMNS})
     VALUES (@id, @alertId, @channel, @contact, @dueAt, @attempts, @status, @body)`,
  )
  const due = db.prepare<[number], DeliveryRow>(
    `SELECT ${COLUMNS} FROM deliveries WHERE status = 'due' AND dueAt <= ? ORDER BY dueAt, id`,
  )
  const update = db.prepare(
    `UPDATE deliveries SET dueAt = COALESCE(@dueAt, dueAt), attempts = COALESCE(@attempts, attempts),
     status = COALESCE(@status, status) WHERE id = @id`,
  )
  const ofAlert = db.prepare<[string], DeliveryRow>(
    `SELECT ${COLUMNS} FROM deliveries WHERE alertId = ? ORDER BY id`,
  )
  const forget = db.prepare(`DELETE FROM deliveries WHERE status <> 'due' AND dueAt < ?`)
  return {
    put: (row) => void put.run(row),
    due: (now) => due.all(now),
    update: (id, change) => void update.run({ dueAt: null, attempts: null, status: null, ...change, id }),
    of: (alertId) => ofAlert.all(alertId),
    forgetBefore: (at) => void forget.run(at),
  }
}
