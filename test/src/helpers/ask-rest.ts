/** What a coordinator's API answers as JSON. */
export const askRest = async <T>(http: string, path: string): Promise<T> => {
  const answer = await fetch(new URL(path, http), { headers: { accept: 'application/json' } })
  return (await answer.json()) as T
}
