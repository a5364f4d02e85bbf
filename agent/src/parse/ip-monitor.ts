import type { KernelSubject } from '../collectors/collector.ts'

/** What a line of `ip -o monitor link address route rule` is about; null when it is nothing that anybody waits for. */
export const parseMonitorLine = (line: string): KernelSubject | null => {
  const text = line.replace(/^Deleted /, '').replace(/^\[[A-Z]+\]/, '')
  if (/^\d+:\s+\S+?:? .*\binet6? /.test(text)) return 'address'
  if (/^\d+:\s+\S+: </.test(text)) return 'link'
  if (/^\d+:\s+(from|not|to|iif|oif|fwmark)\b/.test(text)) return 'rule'
  if (
    /^(default|unicast|local|broadcast|multicast|unreachable|blackhole|prohibit|throw|anycast|[0-9a-f.:]+(\/\d+)?) /.test(
      text,
    )
  )
    return 'route'
  return null
}
