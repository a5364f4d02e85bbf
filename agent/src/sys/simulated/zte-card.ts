import type { ModemBox } from './modem-box.ts'
import type { ZtePosted } from './zte-account.ts'

/** A short message as the network got it. */
export type SentMessage = { readonly to: string; readonly text: string; readonly alphabet: string }

/** The SIM of a simulated device: its PIN, and the short messages that left through it. */
export type ZteCard = {
  enterPin(pin: string): boolean
  send(form: ZtePosted): boolean
  /** What the device says of it, by name: tries that are left, and what became of the last message. */
  fields(): Readonly<Record<string, string>>
  sent(): readonly SentMessage[]
  /** What becomes of messages from now on. */
  setNetwork(answer: 'takes' | 'refuses' | 'says-nothing'): void
}

const RIGHT_PIN = '1234'
const STATUS = { takes: '3', refuses: '2', 'says-nothing': '1' } as const

export const zteCard = (box: Pick<ModemBox, 'world' | 'setSim'>): ZteCard => {
  const sent: SentMessage[] = []
  let triesLeft = 3
  let network: keyof typeof STATUS = 'takes'
  return {
    enterPin(pin) {
      if (box.world().sim !== 'locked' || triesLeft === 0) return false
      if (pin !== RIGHT_PIN) {
        triesLeft--
        return false
      }
      triesLeft = 3
      box.setSim('ready')
      return true
    },
    send(form) {
      const text = decode(form.get('MessageBody') ?? '')
      if (text === null || !/^\d\d(?:;\d\d){5};[+-]\d{1,2}$/.test(form.get('sms_time') ?? '')) return false
      sent.push({ to: form.get('Number') ?? '', text, alphabet: form.get('encode_type') ?? '' })
      return true
    },
    fields: () => ({
      pinnumber: String(triesLeft),
      puknumber: '10',
      sms_cmd_status_info: sent.length === 0 ? '' : STATUS[network],
    }),
    sent: () => [...sent],
    setNetwork: (answer) => void (network = answer),
  }
}

/** UTF-16 in hexadecimal. */
const decode = (hex: string): string | null =>
  /^(?:[0-9A-F]{4})+$/.test(hex) ? Buffer.from(hex, 'hex').swap16().toString('utf16le') : null
