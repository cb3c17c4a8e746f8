import { Buffer } from 'node:buffer'
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { ConnectionOptions } from 'node:tls'
import { auth, types, type ClientOptions } from 'cassandra-driver'
import { NocturneError } from '../../../model/nocturne-error.ts'
import { authorityOf } from '../../../std/authority.ts'
import type { CassandraOptions, Login, TlsFiles } from '../cassandra-options.ts'

const NATIVE_PORT = 9_042
const CONNECT_MS = 5_000
/** The most that one call of the store takes, where nobody says more. */
export const REQUEST_MS = 10_000

type Reached = Pick<ClientOptions, 'contactPoints' | 'localDataCenter' | 'sslOptions'> &
  Pick<ClientOptions, 'protocolOptions' | 'socketOptions' | 'authProvider'>

/** How nodes are reached: where, by which certificates, and who we are. */
export function clientOptions(options: CassandraOptions): Reached {
  const { contactPoints, localDataCenter, tls, auth: login } = options
  const { connectMs = CONNECT_MS, requestMs = REQUEST_MS } = options
  return {
    contactPoints: contactPoints.map(authorityOf),
    localDataCenter,
    // The highest that Cassandra and the driver share: it would begin with another product's own.
    protocolOptions: {
      maxVersion: types.protocolVersion.v4,
      port: contactPoints[0]?.port ?? NATIVE_PORT,
    },
    socketOptions: {
      connectTimeout: connectMs,
      readTimeout: Math.ceil(requestMs / 2),
      keepAlive: true,
    },
    ...(tls !== undefined && { sslOptions: new ReadAnew(tls) }),
    ...(login !== undefined && { authProvider: new FileLogin(login) }),
  }
}

/**
 * Options of TLS whose files are read whenever they are looked at: the driver copies them for
 * each connection. Names are always verified (R24).
 */
class ReadAnew implements ConnectionOptions {
  readonly rejectUnauthorized = true

  constructor({ caFile, certFile, keyFile, serverName }: TlsFiles) {
    const files = { ca: caFile, cert: certFile, key: keyFile }
    for (const [name, file] of Object.entries(files)) {
      if (file === undefined) continue
      Object.defineProperty(this, name, { enumerable: true, get: () => textNow(file) })
    }
    if (serverName !== undefined) Object.assign(this, { servername: serverName })
  }
}

function textNow(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new NocturneError('STORE_SECRET_UNREADABLE', String(error), { cause: error })
  }
}

/** Says who we are with the password that lies in the file now. */
class FileLogin extends auth.PlainTextAuthProvider {
  readonly #login: Login

  constructor(login: Login) {
    super(login.username, '')
    this.#login = login
  }

  override newAuthenticator(): auth.Authenticator {
    const { username, passwordFile } = this.#login
    return {
      initialResponse(callback: (error: unknown, token?: Buffer) => void) {
        readFile(passwordFile, 'utf8').then(
          (password) => callback(undefined, Buffer.from(`\0${username}\0${password.trimEnd()}`)),
          (error: unknown) => {
            const told = new NocturneError('STORE_SECRET_UNREADABLE', String(error), {
              cause: error,
            })
            callback(told)
          },
        )
      },
      evaluateChallenge: (_: Buffer, callback: () => void) => callback(),
      onAuthenticationSuccess: () => undefined,
    }
  }
}
