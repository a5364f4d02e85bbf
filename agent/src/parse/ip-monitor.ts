import type { KernelSubject } from '../collectors/collector.ts'

/** What the kernel says has changed, and on which interface where it names one. */
export type KernelChange = { readonly subject: KernelSubject; readonly interface: string | null }

const ADDRESS = /^\d+:\s+(\S+?):? .*\binet6? /
const LINK = /^\d+:\s+([^\s@]+)(?:@\S+)?: </
const RULE = /^\d+:\s+(?:from|not|to|iif|oif|fwmark)\b/
const ROUTE = /^(?:default|unicast|[0-9a-f.:]+(?:\/\d+)?) /
/** They lead nowhere, whatever interface IPv6 writes beside them. */
const REFUSAL = /^(?:unreachable|blackhole|prohibit|throw) /

/**
 * Reads a line of `ip -o monitor link address route rule`; null when it is nothing that anybody waits for, as what the kernel
 * notes for itself beside each address (`local`, `broadcast`, `multicast`, `anycast`).
 */
export const parseMonitorLine = (line: string): KernelChange | null => {
  const text = line.replace(/^\[[A-Z]+\]/, '').replace(/^Deleted /, '')
  const address = ADDRESS.exec(text)
  if (address) return { subject: 'address', interface: address[1] ?? null }
  const link = LINK.exec(text)
  if (link) return { subject: 'link', interface: link[1] ?? null }
  if (RULE.test(text)) return { subject: 'rule', interface: null }
  if (REFUSAL.test(text)) return { subject: 'route', interface: null }
  if (ROUTE.test(text)) return { subject: 'route', interface: / dev (\S+)/.exec(text)?.[1] ?? null }
  return null
}
