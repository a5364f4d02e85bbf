import { createPublicKey } from 'node:crypto'
import { isP256 } from './p256.ts'
import { loadX509 } from './x509.ts'

/** A signing request of ours has about 500. */
const LONGEST = 8192

/** What a signing request asks for, or what is wrong with it. */
export type SigningRequest =
  | { readonly ok: true; readonly publicKey: string; readonly commonName: string | null }
  | { readonly ok: false; readonly why: string }

/**
 * Reads a PKCS #10 request: its key must be on P-256 and its own signature must prove that the key is there.
 * @param text PEM
 */
export const readSigningRequest = async (text: string): Promise<SigningRequest> => {
  if (text.length > LONGEST || !text.includes('-----BEGIN CERTIFICATE REQUEST-----'))
    return { ok: false, why: 'it is no signing request (PEM)' }
  const { Pkcs10CertificateRequest } = await loadX509()
  try {
    const request = new Pkcs10CertificateRequest(text)
    const key = createPublicKey({ key: Buffer.from(request.publicKey.rawData), format: 'der', type: 'spki' })
    if (!isP256(key)) return { ok: false, why: 'its key is not on the curve P-256' }
    if (!(await request.verify())) return { ok: false, why: 'its signature is not by its key' }
    const publicKey = key.export({ format: 'pem', type: 'spki' }).toString()
    return { ok: true, publicKey, commonName: request.subjectName.getField('CN')[0] ?? null }
  } catch {
    return { ok: false, why: 'it cannot be read' } // whatever a stranger's bytes do to the parser
  }
}
