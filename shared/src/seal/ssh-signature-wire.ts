/** Reads the SSH wire format (RFC 4251 §5) from its beginning; every method throws RangeError when the bytes end too early. */
export type WireReader = {
  byte(): number
  uint32(): number
  /** A length and as many bytes. */
  string(): Buffer
  /** The next `count` bytes as they are. */
  raw(count: number): Buffer
  /** @throws RangeError when something is left */
  end(): void
}

export const readWire = (bytes: Uint8Array): WireReader => {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  let at = 0
  const raw = (count: number): Buffer => {
    if (count > all.length - at) throw new RangeError('the bytes end too early')
    at += count
    return all.subarray(at - count, at)
  }
  const uint32 = (): number => raw(4).readUInt32BE()
  return {
    raw,
    uint32,
    byte: () => raw(1).readUInt8(),
    string: () => raw(uint32()),
    end() {
      if (at < all.length) throw new RangeError('bytes are left over')
    },
  }
}

/** A length and the bytes: the wire format's `string`. */
export const wireString = (bytes: Uint8Array | string): Buffer => {
  const content = Buffer.from(bytes as Uint8Array)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(content.length)
  return Buffer.concat([length, content])
}
