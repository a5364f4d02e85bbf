import type { Instant } from '@infra-home/shared/clock.ts'
import type { Identity } from '../../trust/identities.ts'
import type { Desk } from '../../trust/desk.ts'
import type { Table } from '../table/table.ts'
import { age, mark, orDash } from '../table/words.ts'

/** An identity as the API shows it. */
export const identityView = ([name, identity]: readonly [string, Identity], { wall }: Instant) => {
  const newest = identity.certificates.at(-1) ?? null
  const { role, enrolledAt, by, renewedAt, revoked } = identity
  return {
    name,
    role,
    serial: newest?.serial ?? null,
    notAfter: newest?.notAfter ?? null,
    expiresInMs: newest ? Date.parse(newest.notAfter) - wall : null,
    certificates: identity.certificates.filter(
      ({ notAfter, revokedAt }) => revokedAt === null && Date.parse(notAfter) > wall,
    ).length,
    enrolledAt,
    by,
    renewedAt,
    revoked,
  }
}
export type IdentityView = ReturnType<typeof identityView>

export const identitiesTable = (identities: readonly IdentityView[]): Table => ({
  head: ['', 'NAME', 'ROLE', 'EXPIRES IN', 'RENEWED', 'REVOKED', 'SERIAL'],
  rows: identities.map(({ name, role, serial, expiresInMs, renewedAt, revoked }) => [
    mark(revoked !== null || (expiresInMs ?? 0) <= 0),
    name,
    role,
    expiresInMs !== null && expiresInMs <= 0 ? 'expired' : age(expiresInMs),
    orDash(renewedAt?.slice(0, 10)),
    revoked ? `${revoked.at.slice(0, 16).replace('T', ' ')} by ${revoked.by}` : '–',
    orDash(serial),
  ]),
})

type EnrolmentView = ReturnType<Desk['enrolments']>[number]

export const enrolmentsTable = (enrolments: readonly EnrolmentView[]): Table => ({
  head: ['NODE', 'ROLE', 'STATE', 'EXPIRES', 'BY', 'ID'],
  rows: enrolments.map(({ id, node, role, state, expiresAt, by }) => [
    node,
    role,
    state,
    expiresAt.slice(0, 16).replace('T', ' '),
    by,
    id,
  ]),
  whole: [5],
})
