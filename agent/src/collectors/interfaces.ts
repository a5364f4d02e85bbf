/**
 * Interfaces that say nothing of a home: the loopback, and what containers make and unmake (k3s makes a pair for each pod).
 * `*` stands for any letters.
 */
export const NOISE: readonly string[] = [
  'lo',
  'veth*',
  'cni*',
  'flannel*',
  'kube-*',
  'docker*',
  'br-*',
  'cali*',
  'tunl*',
  'ip6tnl*',
  'sit*',
  'dummy*',
  'ifb*',
]

/** No node tells of more, whatever a container engine makes: its batch of numbers would be refused as a whole. */
export const MOST_INTERFACES = 128

/** Whether an interface is looked at, by patterns of those that are not. */
export const interesting = (ignored: readonly string[] = NOISE): ((name: string) => boolean) => {
  const patterns = ignored.map(
    (pattern) =>
      new RegExp(
        `^${pattern
          .split('*')
          .map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`))
          .join('.*')}$`,
      ),
  )
  return (name) => !patterns.some((pattern) => pattern.test(name))
}
