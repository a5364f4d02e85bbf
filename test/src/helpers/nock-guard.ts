import nock from 'nock'
import type { Test } from 'tap'

/** Runs one test in which every HTTP exchange is a mock: an unused mock or a request without a mock fails it. */
export const mockedHttp = async (
  t: Test,
  name: string,
  body: (t: Test, mocks: typeof nock) => Promise<void>,
): Promise<void> => {
  await t.test(name, async (t) => {
    const missing: string[] = []
    const note = (request: { method?: string; path?: string }): void =>
      void missing.push(`${request.method ?? '?'} ${request.path ?? '?'}`)
    if (!nock.isActive()) nock.activate()
    nock.disableNetConnect()
    nock.emitter.on('no match', note)
    t.teardown(() => {
      nock.emitter.removeListener('no match', note)
      nock.cleanAll()
      nock.enableNetConnect()
      nock.restore()
    })
    await body(t, nock)
    t.same(missing, [], 'every request had a mock')
    t.same(nock.pendingMocks(), [], 'every mock was used')
  })
}
