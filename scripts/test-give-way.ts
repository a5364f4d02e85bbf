// Comes before every test file: those whose times mean nothing let the others go first, which measure theirs on the same cores.
import { setPriority } from 'node:os'

const MEASURES = /\/test\/src\/(real|lab)\//
const BEHIND_OTHERS = 10

if (!MEASURES.test(process.argv[1] ?? '')) setPriority(BEHIND_OTHERS)
