import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import type { CompiledSchema } from '@infra-home/shared/messages/decode.ts'

/** Compiles a TypeBox schema into a fast check; the explanation is made only for what failed. */
export const compileSchema = (schema: object): CompiledSchema => {
  const validator = Compile(schema as TSchema)
  return {
    check: (value) => validator.Check(value),
    explain(value) {
      const [first] = validator.Errors(value)
      return first ? `${first.instancePath || '/'} ${first.message}` : 'does not match its schema'
    },
  }
}
