/** Whether a message has no other channel left than the step's; a journal of before says it of all its messages together. Pure. */
export const isLastWayOf = (
  step: { readonly lastWayOf?: readonly string[]; readonly hasOther?: boolean },
  delivery: string,
): boolean => step.lastWayOf?.includes(delivery) ?? step.hasOther !== true
