import type { ModemWorld } from './modem-world.ts'

/** Whose commands a simulated modem knows beside the standard ones. */
export type AtDialect = 'generic' | 'huawei' | 'quectel'

/** A message as it went out, put together again from its parts. */
export type SentSms = { readonly to: string; readonly text: string; readonly parts: number }

/** What a simulated modem keeps between commands; a restart makes it anew but for the card. */
export type AtState = {
  echo: boolean
  /** +CMEE: 0 ERROR, 1 numbers, 2 words. */
  errors: number
  /** +COPS=3: 0 long name, 2 number. */
  operatorFormat: number
  pduMode: boolean
  /** The length that +CMGS gave, while its text is waited for. */
  awaiting: number | null
}

/** The card in it. */
export type AtCard = { readonly pin: string; pinTries: number; pukTries: number }

/** What the commands of a simulated modem act on. */
export type AtInside = {
  readonly dialect: AtDialect
  /** How +QENG prints the SINR of LTE. */
  readonly sinr: 'db' | 'x0.2-20'
  readonly world: () => ModemWorld
  readonly change: (part: Partial<ModemWorld>) => void
  readonly isBusy: () => boolean
  readonly state: AtState
  readonly card: AtCard
  readonly send: (pdu: string) => void
  readonly restart: () => void
}

export const freshState = (echo: boolean): AtState => ({
  echo,
  errors: 0,
  operatorFormat: 0,
  pduMode: false,
  awaiting: null,
})

const WORDS: Readonly<Record<number, string>> = {
  10: 'SIM not inserted',
  11: 'SIM PIN required',
  12: 'SIM PUK required',
  13: 'SIM failure',
  14: 'SIM busy',
  16: 'incorrect password',
}

/** The line of an error of TS 27.007 §9.2, as +CMEE has it. */
export const errorLine = ({ errors }: AtState, code: number): string => {
  if (errors === 0) return 'ERROR'
  return `+CME ERROR: ${errors === 1 ? code : (WORDS[code] ?? 'unknown')}`
}
