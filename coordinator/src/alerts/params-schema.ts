const milliseconds = (what: string) => ({
  type: 'integer',
  minimum: 0,
  description: `milliseconds ${what}`,
})

/** The JSON Schema of a rule's parameters: how long it lasts before it fires and clears, and what is its own. */
export const paramsSchema = (own: Readonly<Record<string, object>> = {}): object => ({
  type: 'object',
  additionalProperties: false,
  properties: {
    fireAfter: milliseconds('of bad before it fires'),
    clearAfter: milliseconds('of good before it clears'),
    ...own,
  },
})

/** Two levels of one value, the one at which it fires and the one at which it clears. */
export const levelSchema = (unit: string, minimum: number, maximum: number) => {
  const level = { type: 'number', minimum, maximum, description: unit }
  return { fire: level, clear: level }
}
