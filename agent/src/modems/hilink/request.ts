/** The body of a POST. Firmwares read the elements by position: their order is the caller's. Text is to be escaped before. */
export const requestXml = (elements: readonly (readonly [name: string, text: string | number])[]): string => {
  const inner = elements.map(([name, text]) => `<${name}>${text}</${name}>`).join('')
  return `<?xml version="1.0" encoding="UTF-8"?><request>${inner}</request>`
}

export const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
