import type { Finding } from './judge-host.ts'

/** The findings as a table, and as what to write into the configuration. */
export const searchReport = (findings: readonly Finding[]): string => {
  const modems = findings.flatMap(({ driver, where, config }) =>
    driver === null ? [] : [{ id: foundModemId(driver, where), driver, config }],
  )
  if (findings.length === 0) return NOTHING
  const lines = tableOf([
    ['WHERE', 'DRIVER', 'SURE', 'WHY'],
    ...findings.map(({ where, driver, sure, why }) => [where, driver ?? '-', sureWord(driver, sure), why]),
  ])
  const paste = `For the agent’s configuration, with a passwordFile where the modem has a password:`
  return modems.length === 0
    ? lines.join('\n')
    : [...lines, '', paste, JSON.stringify({ modems }, null, 2)].join('\n')
}

const NOTHING = 'no gateway with a private address, no modem at this machine: nothing was asked'

/** A name for a modem that nobody named: `hilink-192-168-8-1`. */
export const foundModemId = (driver: string, where: string): string =>
  `${driver}-${where.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`
    .replaceAll(/-+/g, '-')
    .slice(0, 63)
    .replace(/-$/, '')

const sureWord = (driver: string | null, sure: boolean): string => {
  if (driver === null) return '-'
  return sure ? 'yes' : 'likely'
}

const tableOf = (rows: readonly (readonly string[])[]): string[] => {
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}
