import { followPointer } from './json-pointer.ts'

/** One thing that a validator found: where in the schema, and where in the value. Both begin with `#`. */
export type Finding = {
  readonly keyword: string
  readonly keywordLocation: string
  readonly instanceLocation: string
}

type Branch = { readonly properties?: Readonly<Record<string, { readonly const?: unknown } | undefined>> }

/** A union whose branches differ by the constant of one key, as `kind` does, at one place of a value. */
type Union = {
  /** Of its `anyOf`. */
  readonly keywordLocation: string
  readonly instanceLocation: string
  readonly key: string
  readonly constants: readonly unknown[]
  /** The branch that the value says it is; -1: none. */
  readonly meant: number
}

/** Names the key when a value is none of the branches: place, and what may stand there. */
export type UnmeantUnion = { readonly path: string; readonly constants: readonly unknown[] }

/**
 * Leaves of a union's findings those that are of the branch that is meant: what the others lack is nobody's fault. Pure.
 * @returns also the unions of which no branch is meant
 */
export const ofMeantBranches = <F extends Finding>(
  schema: object,
  value: unknown,
  findings: readonly F[],
): { readonly kept: F[]; readonly unmeant: UnmeantUnion[] } => {
  const unions = findings.flatMap((finding) => unionOf(schema, value, finding) ?? [])
  const kept = findings.filter((finding) => unions.every((union) => isToldOf(union, finding)))
  const unmeant = unions
    .filter((union) => union.meant < 0 && unions.every((other) => other === union || isToldOf(other, union)))
    .map(({ instanceLocation, key, constants }) => ({
      path: `${instanceLocation.slice(1)}/${key}`,
      constants,
    }))
  return { kept, unmeant }
}

const unionOf = (
  schema: object,
  value: unknown,
  { keyword, keywordLocation, instanceLocation }: Finding,
): Union | null => {
  if (keyword !== 'anyOf') return null
  const here = followPointer(value, instanceLocation.slice(1))
  const branches = followPointer(schema, keywordLocation.slice(1)) as readonly Branch[] | undefined
  if (typeof here !== 'object' || here === null || !branches) return null
  const key = Object.keys(branches[0]?.properties ?? {}).find((name) =>
    branches.every(({ properties }) => properties?.[name]?.const !== undefined),
  )
  if (key === undefined) return null
  const constants = branches.map(({ properties }) => properties?.[key]?.const)
  const meant = constants.indexOf((here as Readonly<Record<string, unknown>>)[key])
  return { keywordLocation, instanceLocation, key, constants, meant }
}

/** Whether a finding is outside a union, or of the branch that is meant. */
const isToldOf = (union: Union, { keywordLocation, instanceLocation }: Omit<Finding, 'keyword'>): boolean => {
  const isInside =
    `${keywordLocation}/`.startsWith(`${union.keywordLocation}/`) &&
    `${instanceLocation}/`.startsWith(`${union.instanceLocation}/`)
  return !isInside || `${keywordLocation}/`.startsWith(`${union.keywordLocation}/${union.meant}/`)
}
