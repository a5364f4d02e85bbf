/**
 * What a child of ours has of the environment on a phone: `am`, by which Termux:API is called, starts Android's runtime, and that stops at
 * once without its folders and its class path (termux-tools' wrappers; app_process). Empty elsewhere.
 */
export const androidEnvironment = (own: NodeJS.ProcessEnv): Record<string, string> => {
  const given: Record<string, string> = {}
  for (const [name, value] of Object.entries(own))
    if (value !== undefined && /^(?:ANDROID_\w+|(?:DEX2OAT)?BOOTCLASSPATH|PREFIX)$/.test(name))
      given[name] = value
  return given['ANDROID_ROOT'] === undefined ? {} : given
}
