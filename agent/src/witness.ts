import type { Witness } from '@infra-home/shared/messages/witness.ts'
import { readJson, writeJson } from './small-file.ts'
import type { Disk } from './sys/sys.ts'

export const WITNESSES_FILE = 'witnesses.json'
/** Sixteen days of one an hour. */
const KEPT = 400

const turns = new WeakMap<Disk, Promise<unknown>>()

/**
 * Keeps what the coordinator says of its journal's end, behind all that it said before; the disk has it when this resolves.
 * @returns the newest that was kept before: what a coordinator whose journal was rewritten cannot agree with
 * @throws InfraError disk-full, disk-failed
 */
export const takeWitness = (disk: Disk, body: Witness): Promise<Witness | null> => {
  const turn = (turns.get(disk) ?? Promise.resolve()).catch(() => {}).then(() => keep(disk, body))
  turns.set(disk, turn)
  return turn
}

const keep = async (disk: Disk, { position, hash, at }: Witness): Promise<Witness | null> => {
  const kept = await keptWitnesses(disk)
  const newest = kept.at(-1) ?? null
  const isKnown = newest?.position === position && newest.hash === hash
  if (!isKnown) await writeJson(disk, WITNESSES_FILE, [...kept, { position, hash, at }].slice(-KEPT))
  return newest
}

/** All that are kept, oldest first. */
export const keptWitnesses = (disk: Disk): Promise<readonly Witness[]> =>
  readJson<readonly Witness[]>(disk, WITNESSES_FILE, [])

/** A witness a line, as `coordinator journal verify --witness` reads them. */
export const witnessLines = (witnesses: readonly Witness[]): string =>
  ['POSITION  HASH  AT', ...witnesses.map(({ position, hash, at }) => `${position} ${hash} ${at}`)].join('\n')
