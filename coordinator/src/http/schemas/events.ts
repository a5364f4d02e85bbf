import * as Type from 'typebox'
import { orNull, Time } from './parts.ts'

/** An entry of the journal. */
export const EntrySchema = Type.Object({
  id: Type.String({ description: 'a ULID' }),
  pos: Type.Integer(),
  at: Time,
  kind: Type.String(),
  node: orNull(Type.String()),
  cause: orNull(Type.String({ description: 'the entry that brought it about' })),
  summary: Type.String(),
  body: Type.Unknown(),
})

const Effects = Type.Interface([EntrySchema], {
  effects: Type.Array(Type.Unknown(), { description: 'entries with effects, as this one' }),
})

/** The causal chain of an entry. */
export const ExplanationSchema = Type.Object({
  id: Type.String(),
  causes: Type.Array(EntrySchema, { description: 'from the first cause down to the entry' }),
  evidence: Type.Array(EntrySchema, { description: 'the readings that decisions on the way rest on' }),
  entry: Effects,
})
