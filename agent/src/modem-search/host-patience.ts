import { type Clock, milliseconds, minutes, sleep } from '@infra-home/shared/clock.ts'
import { asObject } from '../parse/json.ts'
import { readJson, writeJson } from '../small-file.ts'
import type { Disk } from '../sys/sys.ts'
import { turnstile } from '../turnstile.ts'

/** A host is asked once in this time, whoever asks. */
const SPAN = minutes(1)
/** When each host was last asked, on the boot-time clock of one boot: `{boot, askedAt: {host: ms}}`. */
export const ASKED_FILE = 'asked-hosts.json'

/**
 * Waits for a host's turn to be asked, and takes it. The book is on the disk before anything is sent, so that neither a crash nor a
 * second run of the program asks too soon; what an earlier boot wrote counts from the beginning of this one.
 * @throws InfraError disk-full, disk-failed: then nobody is asked
 */
export const hostPatience = ({
  clock,
  boot,
  disk,
}: {
  readonly clock: Clock
  readonly boot: string
  readonly disk: Disk
}): ((host: string) => Promise<void>) => {
  const inTurn = turnstile()
  const ofThisBoot = async (): Promise<readonly (readonly [host: string, at: number])[]> => {
    const book = asObject(await readJson<unknown>(disk, ASKED_FILE, null))
    return Object.entries(asObject(book['askedAt'])).flatMap(([host, at]) =>
      typeof at === 'number' ? [[host, book['boot'] === boot ? at : 0] as const] : [],
    )
  }
  /** Takes the turn when it has come; otherwise says how long it is until then. */
  const take = (host: string): Promise<number> =>
    inTurn(async () => {
      const now: number = clock.now().mono
      const isRecent = ([, at]: readonly [string, number]): boolean => at <= now && now - at < SPAN
      const recent = (await ofThisBoot()).filter(isRecent)
      const last = recent.find(([one]) => one === host)?.[1]
      if (last !== undefined) return last + SPAN - now
      await writeJson(disk, ASKED_FILE, { boot, askedAt: { ...Object.fromEntries(recent), [host]: now } })
      return 0
    })
  return async (host) => {
    for (let wait = await take(host); wait > 0; wait = await take(host))
      await sleep(clock, milliseconds(wait))
  }
}
