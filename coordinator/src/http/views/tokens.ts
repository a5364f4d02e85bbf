import type { TokenRecord, Tokens, TokenState } from '../../trust/tokens.ts'
import type { Table } from '../table/table.ts'
import { mark } from '../table/words.ts'

export type TokenView = TokenRecord & { readonly state: TokenState }

export const tokenView = (tokens: Pick<Tokens, 'stateOf'>, record: TokenRecord): TokenView => ({
  ...record,
  state: tokens.stateOf(record),
})

export const tokensTable = (views: readonly TokenView[]): Table => ({
  head: ['', 'NAME', 'SCOPES', 'STATE', 'EXPIRES', 'LAST USED', 'BY', 'ID'],
  rows: views.map(({ name, scopes, state, expiresAt, lastUsedAt, createdBy, id }) => [
    mark(state !== 'good'),
    name,
    scopes.join(' '),
    state,
    day(expiresAt, 'never'),
    day(lastUsedAt, 'never'),
    createdBy,
    id,
  ]),
  whole: [7],
})

const day = (time: string | null, none: string): string => time?.slice(0, 10) ?? none
