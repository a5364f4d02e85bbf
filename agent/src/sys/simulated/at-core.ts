import { ESCAPE, CTRL_Z } from '../serial.ts'
import { COMMANDS } from './at-commands.ts'
import { type AtInside, errorLine } from './at-state.ts'

/** The inside of a simulated modem: what it says to one line of input. No I/O and no clock. */
export type AtCore = {
  /** `line` without its carriage return; a text that was waited for ends with Ctrl-Z or escape. The last line is final, or `>`. */
  answer(line: string): readonly string[]
}

export const atCore = (inside: AtInside): AtCore => ({
  answer(line) {
    const { state } = inside
    if (state.awaiting !== null) return takeText(line, inside)
    if (line === ESCAPE || line.trim() === '') return []
    if (inside.isBusy() && !NEEDS_NO_CARD.test(line)) return [errorLine(state, 14)]
    for (const [shape, answer] of COMMANDS) {
      const match = shape.exec(line.trim())
      const lines = match && answer(match, inside)
      if (lines) return lines
    }
    return [inside.dialect === 'huawei' ? 'COMMAND NOT SUPPORT' : 'ERROR']
  },
})

const NEEDS_NO_CARD = /^AT(?:$|E|\+CMEE)/

/** What comes after the prompt: hexadecimal and Ctrl-Z sends it, escape gives it up. */
const takeText = (line: string, inside: AtInside): readonly string[] => {
  const { awaiting } = inside.state
  if (!line.endsWith(CTRL_Z) && !line.endsWith(ESCAPE)) return ['>']
  inside.state.awaiting = null
  if (line.endsWith(ESCAPE)) return ['OK']
  const pdu = line.slice(0, -1).trim()
  if (!/^(?:[0-9A-F]{2})+$/.test(pdu) || pdu.length / 2 - 1 !== awaiting) return ['+CMS ERROR: 304']
  inside.send(pdu)
  return ['+CMGS: 7', 'OK']
}
