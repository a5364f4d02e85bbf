/** Whether systemd counts the clock as synchronised (`timedatectl show --property=NTPSynchronized`); null when it does not say. */
export const parseClockSynchronised = (text: string): boolean | null => {
  const said = /^NTPSynchronized=(yes|no)$/m.exec(text)?.[1]
  return said === undefined ? null : said === 'yes'
}
