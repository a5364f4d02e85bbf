import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { setImmediate as turn } from 'node:timers/promises'
import { createGzip } from 'node:zlib'
import { loadAge } from './age.ts'

export type Encrypted = { readonly bytes: number; readonly sha256: string }

/**
 * Packs a file and encrypts it to `recipient`: `age -d -i KEY to | gunzip` gives it back. It holds 64 KiB at a time, and lets
 * everybody else have a turn after each of them. What is there when it fails is rubbish.
 * @throws what the file system, age and `signal` throw
 */
export const encryptInto = async (
  to: string,
  {
    from,
    recipient,
    signal,
  }: { readonly from: string; readonly recipient: string; readonly signal: AbortSignal },
): Promise<Encrypted> => {
  const { Encrypter } = await loadAge()
  const encrypter = new Encrypter()
  encrypter.addRecipient(recipient)
  const sealed = await encrypter.encrypt(packed(from))
  const hash = createHash('sha256')
  let bytes = 0
  await using file = await open(to, 'wx', 0o600)
  for await (const part of sealed) {
    signal.throwIfAborted()
    hash.update(part)
    await file.writeFile(part)
    bytes += part.length
    await turn()
  }
  await file.sync()
  return { bytes, sha256: hash.digest('hex') }
}

/** The packed file, in pieces that are made when they are asked for. Packing goes on in a thread of Node's own. */
const packed = (from: string): ReadableStream<Uint8Array> => {
  const gzip = createGzip()
  const file = createReadStream(from)
  file.on('error', (error) => gzip.destroy(error))
  gzip.on('error', () => {}) // whoever reads on is told; before that nobody listens
  const pieces = file.pipe(gzip)[Symbol.asyncIterator]()
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = (await pieces.next()) as IteratorResult<Uint8Array>
        if (done) controller.close()
        else controller.enqueue(value)
      },
      cancel() {
        file.destroy()
        gzip.destroy()
      },
    },
    { highWaterMark: 0 },
  )
}
