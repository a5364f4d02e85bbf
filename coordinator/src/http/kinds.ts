import type { EntryKind } from '../world/input.ts'
import { Problem } from './problem.ts'

/** Every kind of entry, as `?kind=` names them. */
export const KINDS: readonly EntryKind[] = [
  'message',
  'numbers',
  'tick',
  'request',
  'decision',
  'step-started',
  'step-finished',
  'system',
]

/** The kinds in a list with commas; undefined without one. @throws Problem invalid-input */
export const kindsIn = (text: string | undefined): EntryKind[] | undefined => {
  const kinds = text?.split(',').filter((kind) => kind !== '')
  const wrong = kinds?.find((kind) => !KINDS.some((known) => known === kind))
  if (wrong !== undefined)
    throw new Problem('invalid-input', `there is no kind ${wrong.slice(0, 64)}`, [
      { path: 'querystring/kind', message: `is one of ${KINDS.join(', ')}` },
    ])
  return kinds as EntryKind[] | undefined
}
