import { type Clock, later, type MonoMs, seconds } from '@infra-home/shared/clock.ts'
import type { ShortMessage } from '../../modems/modem.ts'
import type { ModemBox } from './modem-box.ts'
import type { ModemWorld } from './modem-world.ts'
import type { NetgearSending } from './netgear-page.ts'

/** What can be filled in at the device, and what came of it. */
export type NetgearForms = {
  /** The field that is refused; null when all is taken. */
  fill(path: string, form: URLSearchParams): string | null
  /** The word for the data session. */
  connection(): string
  messages(): readonly NetgearSending[]
  setSmsTaken(taken: boolean): void
  sentSms(): readonly ShortMessage[]
  /** How often a PIN was given, and what is left. */
  pins(): { readonly given: number; readonly left: number }
}

export type NetgearFormsOptions = {
  readonly clock: Clock
  readonly box: Pick<ModemBox, 'world' | 'setConnection' | 'setSim'>
  readonly pin: string
  /** LB and LM know other words than M1 to M6. */
  readonly line: 'LB' | 'M'
  readonly reboot: () => void
}

/** How long connecting and disconnecting take. */
const CHANGE = seconds(2)

export const netgearForms = (options: NetgearFormsOptions): NetgearForms => {
  const session = dataSession(options)
  const card = simCard(options)
  const texts = outgoing()
  return {
    fill(path, form) {
      if (path === '/Forms/smsSendMsg') return texts.send(form)
      const [connect, shutdown, pin] = ['wwan.connect', 'general.shutdown', 'sim.pin.entry'].map((key) =>
        form.get(key),
      )
      if (typeof connect === 'string') return session.change(connect)
      if (typeof pin === 'string') return card.enter(pin)
      if (shutdown !== (options.line === 'LB' ? 'restart' : 'Restart')) return 'general.shutdown'
      options.reboot()
      return null
    },
    connection: session.word,
    messages: texts.messages,
    setSmsTaken: texts.setTaken,
    sentSms: texts.sent,
    pins: card.pins,
  }
}

const WORDS: Readonly<Record<ModemWorld['connection'], string>> = {
  connected: 'Connected',
  connecting: 'Connecting',
  disconnected: 'Disconnected',
  denied: 'Disconnected',
}

/** A session ends and begins in its own time, and only from the other state. */
const dataSession = ({ clock, box, line }: NetgearFormsOptions) => {
  let changing: { readonly word: string; readonly until: MonoMs } | null = null
  const word = (): string =>
    changing && clock.now().mono < changing.until ? changing.word : WORDS[box.world().connection]
  return {
    word,
    change(wanted: string): string | null {
      const ends = wanted === (line === 'LB' ? 'Disconnect' : '0')
      if (!ends && wanted !== 'DefaultProfile') return 'wwan.connect'
      if (word() !== (ends ? 'Connected' : 'Disconnected')) return 'wwan.connect'
      box.setConnection(ends ? 'disconnected' : 'connected')
      changing = { word: ends ? 'Disconnecting' : 'Connecting', until: later(clock.now().mono, CHANGE) }
      return null
    },
  }
}

const TRIES = 3

const simCard = ({ box, pin }: NetgearFormsOptions) => {
  let [given, left] = [0, TRIES]
  return {
    pins: () => ({ given, left }),
    enter(tried: string): string | null {
      if (box.world().sim !== 'locked' || left === 0) return 'sim.pin.entry'
      given++
      left = tried === pin ? TRIES : left - 1
      if (tried === pin) box.setSim('ready')
      return null
    },
  }
}

const outgoing = () => {
  const messages: NetgearSending[] = []
  const sent: ShortMessage[] = []
  let taken = true
  return {
    messages: () => messages,
    sent: () => [...sent],
    setTaken: (next: boolean) => void (taken = next),
    send(form: URLSearchParams): string | null {
      const [to, text, clientId] = ['receiver', 'text', 'clientId'].map((key) =>
        form.get(`sms.sendMsg.${key}`),
      )
      if (!to || !text || !clientId || form.get('action') !== 'send') return 'sms.sendMsg.receiver'
      messages.unshift({
        clientId,
        receiver: to,
        text,
        status: taken ? 'Succeeded' : 'Failed',
        isSeen: false,
      })
      if (taken) sent.push({ to, text })
      return null
    },
  }
}
