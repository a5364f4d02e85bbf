import type { Problem } from '@infra-home/shared/problem.ts'
import type { CoordinatorConfig } from './config-schema.ts'

/** Contacts that could not be told, or could never be left alone. */
export const contactProblems = ({ contacts = [], channels = [], wan }: CoordinatorConfig): Problem[] => {
  const names = channels.map(({ name }) => name)
  return [
    ...contacts.flatMap((contact, i) => [
      ...(contacts.findIndex(({ name }) => name === contact.name) < i
        ? [{ path: `/contacts/${i}/name`, value: contact.name, expected: 'a name of its own' }]
        : []),
      ...contact.channels.flatMap((value, k) =>
        names.includes(value)
          ? []
          : [
              {
                path: `/contacts/${i}/channels/${k}`,
                value,
                expected: `a channel: one of ${names.join(', ') || '(none is configured)'}`,
              },
            ],
      ),
      ...(contact.quiet ?? []).flatMap(({ from, to, timeZone }, k) => [
        ...(from === to
          ? [{ path: `/contacts/${i}/quiet/${k}/to`, value: to, expected: 'another time than from' }]
          : []),
        ...zoneProblem(`/contacts/${i}/quiet/${k}/timeZone`, timeZone),
      ]),
    ]),
    ...zoneProblem('/wan/timeZone', wan?.timeZone),
  ]
}

const zoneProblem = (path: string, value: string | undefined): Problem[] => {
  if (value === undefined) return []
  return isTimeZone(value)
    ? []
    : [{ path, value, expected: 'a time zone of the IANA database, such as Europe/Paris' }]
}

const isTimeZone = (timeZone: string): boolean => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
