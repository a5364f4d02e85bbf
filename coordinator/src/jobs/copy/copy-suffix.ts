/** What a copy is called beyond the name of its backup: how it is packed, and that it is encrypted. */
export const COPY_SUFFIX = '.gz.age'
