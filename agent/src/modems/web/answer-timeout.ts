import * as Type from 'typebox'

/** How long a driver of web pages waits for one answer; a whole reading has four seconds. @param usualMs what it waits unless told otherwise */
export const answerTimeout = (usualMs: number) =>
  Type.Optional(
    Type.Integer({
      minimum: 100,
      maximum: 4000,
      description: `longest wait for one answer, ${usualMs} unless given`,
    }),
  )
