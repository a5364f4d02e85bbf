import { InfraError } from '@infra-home/shared/errors.ts'
import type { Witness } from '@infra-home/shared/messages/witness.ts'

const HASH = /^[0-9a-f]{64}$/
const LINE = /^(\d{1,16})\s+([0-9a-f]{64})(?:\s+(\S+))?$/

/**
 * Witnesses as an agent prints them, one a line (`POSITION HASH AT`, a head may be above), or as it keeps them (a JSON list).
 * @throws InfraError usage naming the line
 */
export const readWitnesses = (text: string, name: string): Witness[] => {
  if (text.trimStart().startsWith('[')) return fromJson(text, name)
  const lines = text.split('\n').map((line) => line.trim())
  return lines.flatMap((line, i) => {
    if (line === '' || /^POSITION\b/.test(line)) return []
    const [, position = '', hash = '', at = ''] = LINE.exec(line) ?? []
    if (position === '') throw new InfraError('usage', `${name}:${i + 1}: POSITION HASH AT is expected`)
    return [{ position: Number(position), hash, at }]
  })
}

const fromJson = (text: string, name: string): Witness[] => {
  try {
    const list = JSON.parse(text) as Witness[]
    if (list.every(({ position, hash }) => Number.isSafeInteger(position) && HASH.test(hash))) return list
  } catch {
    // said below
  }
  throw new InfraError('usage', `${name}: a list of {position, hash, at} is expected`)
}
