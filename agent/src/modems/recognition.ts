import type { HttpAnswer, Sys } from '../sys/sys.ts'

/** How much something looks like a driver's modem, and by what. Only what is sure is ever used without a person's word. */
export type Likeness = { readonly sure: boolean; readonly why: string }

/** A modem that needs no asking around: a program that knows it, the name of a serial line. */
export type FoundHere = Likeness & {
  /** For people: a device file, a program. */
  readonly where: string
  /** The driver's part of the configuration. */
  readonly config: Readonly<Record<string, unknown>>
}

/**
 * What a driver knows of its kind of modem without logging in anywhere. Nothing here sends anything: modem-search asks, one question
 * a host a minute, and shows every driver the answer.
 */
export type Recognition = {
  /** What a host's answer to `GET /` says, redirects not followed; null: nothing. Pure. */
  readonly page?: (answer: HttpAnswer) => Likeness | null
  /** What tells when the page was only like it: a GET that needs no login, opens no session and changes nothing. */
  readonly question?: {
    readonly path: string
    /** The path of the page that it is to seem asked from. */
    readonly referer?: string
    readonly judge: (answer: HttpAnswer) => Likeness | null
  }
  /** Looks at this machine alone; opens no device. Throws what `exec` throws where the program is not there. */
  readonly here?: (machine: Pick<Sys, 'exec' | 'readDir'>) => Promise<readonly FoundHere[]>
}
