import * as Type from 'typebox'

export const orNull = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()])

export const Time = Type.String({ format: 'date-time', description: 'RFC 3339, UTC' })
export const Name = Type.String()
export const Age = Type.Number({ minimum: 0, description: 'milliseconds' })

/** When something was seen, how old that is, and whether it still holds. */
export const Aged = Type.Object({
  at: orNull(Time),
  ageMs: orNull(Age),
  stale: Type.Boolean(),
})

/** A list: what is on this page, and the cursor of the next one. */
export const listOf = <T extends Type.TSchema>(item: T) =>
  Type.Object({ items: Type.Array(item), next: orNull(Type.String()) })
