import * as Type from 'typebox'

/** One of `values`, as a schema: `literals('up', 'down')`. */
export const literals = <const T extends readonly string[]>(...values: T): Type.TUnsafe<T[number]> =>
  Type.Unsafe<T[number]>({ type: 'string', enum: values })
