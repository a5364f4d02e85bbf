import type { Migration } from '../migrate.ts'

/**
 * journal: one row an entry, but for numbers. packed: consecutive numbers, deflated together; figures before the blob, so
 * that a scan does not read it. pruned: what was dropped, as positions and the hash that carries the chain on.
 * Chunks are ordered by time, so that an hour's roll-up writes neighbouring pages.
 */
export const first: Migration = {
  version: 1,
  oldestReader: 1,
  sql: `
    CREATE TABLE facts (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE journal (
      pos INTEGER PRIMARY KEY, id TEXT NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL, node TEXT, cause TEXT,
      hash BLOB NOT NULL, text TEXT NOT NULL
    );
    CREATE UNIQUE INDEX journal_id ON journal (id);
    CREATE INDEX journal_kind ON journal (kind);
    CREATE INDEX journal_node ON journal (node) WHERE node IS NOT NULL;
    CREATE INDEX journal_cause ON journal (cause) WHERE cause IS NOT NULL;
    CREATE TABLE packed (
      first INTEGER PRIMARY KEY, last INTEGER NOT NULL, taken_from INTEGER NOT NULL, taken_to INTEGER NOT NULL,
      seen_from INTEGER NOT NULL, seen_to INTEGER NOT NULL, hash BLOB NOT NULL, bytes BLOB NOT NULL
    );
    CREATE TABLE pruned (first INTEGER PRIMARY KEY, last INTEGER NOT NULL, hash BLOB NOT NULL);
    CREATE TABLE snapshots (
      pos INTEGER PRIMARY KEY, hash TEXT NOT NULL, at TEXT NOT NULL, checksum BLOB NOT NULL, bytes BLOB NOT NULL
    );
    CREATE TABLE things (id INTEGER PRIMARY KEY, node TEXT NOT NULL, key TEXT NOT NULL, UNIQUE (node, key));
    CREATE TABLE chunks (
      tier INTEGER NOT NULL, start INTEGER NOT NULL, thing INTEGER NOT NULL, bytes BLOB NOT NULL,
      PRIMARY KEY (tier, start, thing)
    ) WITHOUT ROWID;
  `,
}
