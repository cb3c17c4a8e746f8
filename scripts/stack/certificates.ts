import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

const OPENSSL_MS_MAX = 30_000
const DAYS = 30
const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
const CA = 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n'

/** A certificate for a server, signed with `ca`; its files are `NAME.pem` and `NAME.key`. */
export type ServerCertificate = {
  readonly name: string
  /** As openssl has them: `IP:127.0.0.1,DNS:localhost`. */
  readonly hosts: string
  /** It ended yesterday. */
  readonly isExpired?: boolean
}

/** Makes `ca`, `wrong-ca` and what servers show, in PEM, each with its key, in a folder. */
export async function makeCertificates(
  folder: string,
  servers: readonly ServerCertificate[],
): Promise<void> {
  const file = (name: string) => join(folder, name)
  const openssl = (args: readonly string[]) => run('openssl', args, { timeout: OPENSSL_MS_MAX })
  const asked = (name: string) => [...KEY, '-keyout', file(`${name}.key`), '-subj', `/CN=${name}`]
  const config = file('openssl.cnf')
  await writeFile(config, `[req]\ndistinguished_name=name\n[name]\n[ca]\n${CA}`)
  for (const name of ['ca', 'wrong-ca']) {
    const made = ['req', '-x509', '-config', config, '-extensions', 'ca', '-days', `${DAYS}`]
    await openssl([...made, ...asked(name), '-out', file(`${name}.pem`)])
  }
  const signer = ['-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-CAcreateserial']
  for (const { name, hosts, isExpired = false } of servers) {
    const [request, extensions] = [file(`${name}.csr`), file(`${name}.cnf`)]
    await writeFile(extensions, `basicConstraints=CA:FALSE\nsubjectAltName=${hosts}\n`)
    await openssl(['req', '-config', config, ...asked(name), '-out', request])
    const made = ['x509', '-req', '-in', request, '-extfile', extensions, ...signer]
    const days = String(isExpired ? -1 : DAYS)
    await openssl([...made, '-days', days, '-out', file(`${name}.pem`)])
  }
}
