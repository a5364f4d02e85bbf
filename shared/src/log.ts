export type LogLevel = 'debug' | 'info' | 'warn' | 'error'
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>

/** A static sentence and fields. Levels: error needs somebody, warn may need somebody, info is a milestone. */
export type Log = (level: LogLevel, sentence: string, fields?: LogFields) => void

const PRIORITY: Record<LogLevel, string> = { debug: '<7>', info: '<6>', warn: '<4>', error: '<3>' }

/** One line an entry, logfmt; with systemd's priority prefix when its journal reads us. */
export const lineLog = (
  write: (line: string) => void,
  options: { readonly least: LogLevel; readonly journald: boolean },
): Log => {
  const levels: LogLevel[] = ['debug', 'info', 'warn', 'error']
  const floor = levels.indexOf(options.least)
  return (level, sentence, fields = {}) => {
    if (levels.indexOf(level) < floor) return
    const pairs = Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => ` ${key}=${typeof value === 'string' ? JSON.stringify(value) : value}`)
    write(`${options.journald ? PRIORITY[level] : `${level} `}${sentence}${pairs.join('')}\n`)
  }
}
