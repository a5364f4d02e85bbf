/** Whom an entry names; a journal of before there were contacts names channels, each of which is a contact of its own now. */
export const contactsTold = (body: {
  readonly contacts?: readonly string[]
  readonly channels?: readonly string[]
}): readonly string[] => body.contacts ?? body.channels ?? []
