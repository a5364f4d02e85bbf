import { open } from 'node:fs/promises'
import { CannotBeHad, findProgram } from '../../helpers/real-server.ts'

/** The path of a busybox that runs where there is no C library yet. @throws CannotBeHad */
export const staticBusybox = async (): Promise<string> => {
  const path = findProgram('busybox')
  if (path === null || (await asksForInterpreter(path)))
    throw new CannotBeHad('no busybox here that is linked statically: install busybox-static')
  return path
}

/** Whether a 64-bit ELF program has a header of type PT_INTERP (3), as every dynamically linked one does (elf(5)). */
const asksForInterpreter = async (path: string): Promise<boolean> => {
  await using file = await open(path)
  const { buffer } = await file.read(Buffer.alloc(4096), 0, 4096, 0)
  const offset = Number(buffer.readBigUInt64LE(0x20))
  const size = buffer.readUInt16LE(0x36)
  const types = Array.from({ length: buffer.readUInt16LE(0x38) }, (_, i) =>
    buffer.readUInt32LE(offset + i * size),
  )
  return types.includes(3)
}
