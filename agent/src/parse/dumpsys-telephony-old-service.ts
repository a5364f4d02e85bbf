import type { Registration } from '@infra-home/shared/messages/modem.ts'
import { androidRat } from './android-rat.ts'
import { androidInteger } from './android-values.ts'
import { outOfService, type PhoneService, RADIO_OFF } from './phone-service.ts'
import { peoplesText, PLMN_SHAPE, shaped } from './radio-words.ts'

/**
 * Android 9 and before (ServiceState.toString): voice's state, data's, how each roams, voice's operator by its long name, short name
 * and number, data's, how the network was chosen, and the two technologies.
 */
const LINE = new RegExp(
  String.raw`^(\d) (\d) voice [\w ]+? data (home|UNKNOWN|[\w ]*?[Rr]oaming) ` +
    String.raw`(?:.*? (?:\d{5,6}|null) )?(.*?) (\d{5,6}|null) +(?:\(manual\) +)?([\w+:-]+) ([\w+:-]+) CSS `,
)

/** Reads a line without names; what is none tells nothing. */
export const parseOldPhoneService = (text: string): PhoneService => {
  const [, voice, data, roams, names = '', plmn, voiceRat, dataRat] = LINE.exec(text) ?? []
  return {
    registration: outOfService([androidInteger(voice), androidInteger(data)]) ?? roamingOf(roams),
    rat: androidRat(dataRat) ?? androidRat(voiceRat),
    operator: peoplesText(longName(names)),
    plmn: shaped(plmn, PLMN_SHAPE),
    band: null,
    cellId: null,
    pci: null,
    why: voice === '3' ? RADIO_OFF : null,
  }
}

const roamingOf = (word: string | undefined): Registration => {
  if (word === undefined || word === 'UNKNOWN') return 'unknown'
  return word === 'home' ? 'home' : 'roaming'
}

/** The long name and the short one stand beside each other with nothing between: the short one is mostly how the long one begins. */
const longName = (row: string): string => {
  const names = row.replace(/^(?:null ?)+/, '')
  for (let at = names.indexOf(' '); at !== -1; at = names.indexOf(' ', at + 1))
    if (names.slice(0, at).startsWith(names.slice(at + 1))) return names.slice(0, at)
  return names
}
