import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeCertificates } from './certificates.ts'
import { runTool } from './java.ts'
import type { Address } from './kafka-probe.ts'

const MODULES = 'org.apache.kafka.common.security'

/** Who logs in and with what, by PLAIN and by SCRAM alike. */
export type Credentials = { readonly username: string; readonly password: string }

/** What a client of a secured cluster needs, and what changes who may do what. */
export type KafkaSecurity = {
  /** The certificate, in PEM, that the brokers' certificates are signed with. */
  readonly caFile: string
  /** A certificate that none is signed with. */
  readonly wrongCaFile: string
  /** May do everything. */
  readonly admin: Credentials
  /** May do nothing until it is allowed. */
  readonly user: Credentials
  /** Client properties for `--command-config` of Kafka's tools, over SASL_SSL with SCRAM. */
  readonly adminProperties: string
  readonly userProperties: string
  /** Adds an ACL: `allow('user', ['--operation', 'Read', '--topic', 'rows'])`. */
  allow(user: string, args: readonly string[]): Promise<void>
  deny(user: string, args: readonly string[]): Promise<void>
  /** Takes back what `deny` was told. */
  allowAgain(user: string, args: readonly string[]): Promise<void>
  /** Changes the password of SCRAM-SHA-512; those of PLAIN stand in the brokers' files and stay. */
  setPassword(user: string, password: string): Promise<void>
}

const ADMIN: Credentials = { username: 'admin', password: 'admin-password' }
const USER: Credentials = { username: 'user', password: 'user-password' }

/** What `kafka-storage format` adds, so that the first log-in finds its users. */
export const scramArgs: readonly string[] = [ADMIN, USER].flatMap(({ username, password }) =>
  ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
    '--add-scram',
    `${mechanism}=[name=${username},password=${password}]`,
  ]),
)

/** Makes certificates in a folder and gives the settings of nodes that use them. */
export async function securedSettings(
  folder: string,
  certificateHost: string | undefined,
): Promise<Readonly<Record<string, string>>> {
  const names =
    certificateHost === undefined ? 'IP:127.0.0.1,DNS:localhost' : `DNS:${certificateHost}`
  await makeCertificates(folder, [{ name: 'broker', hosts: names }])
  // Kafka reads key and certificate from one file.
  const parts = ['broker.key', 'broker.pem'].map((name) => readFile(join(folder, name), 'utf8'))
  await writeFile(join(folder, 'broker.pem'), (await Promise.all(parts)).join(''))
  const users = [ADMIN, USER].map(({ username, password }) => `user_${username}="${password}"`)
  const jaas = (mechanism: string) => `listener.name.client.${mechanism}.sasl.jaas.config`
  return {
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': join(folder, 'broker.pem'),
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': join(folder, 'ca.pem'),
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    [jaas('plain')]: `${MODULES}.plain.PlainLoginModule required ${users.join(' ')};`,
    [jaas('scram-sha-256')]: `${MODULES}.scram.ScramLoginModule required;`,
    [jaas('scram-sha-512')]: `${MODULES}.scram.ScramLoginModule required;`,
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    // Nodes speak to each other without a log-in, on listeners that clients are not told of.
    'super.users': `User:${ADMIN.username};User:ANONYMOUS`,
  }
}

/** What clients of a secured cluster are given; the tools ask the listeners of the brokers. */
export async function kafkaSecurity(
  folder: string,
  internal: readonly Address[],
): Promise<KafkaSecurity> {
  const servers = internal.map(({ host, port }) => `${host}:${port}`).join()
  const ask = async (className: string, args: readonly string[]) => {
    await runTool({ set: 'kafka', className, args: ['--bootstrap-server', servers, ...args] })
  }
  const acl = (way: string, user: string, args: readonly string[]) =>
    ask('org.apache.kafka.tools.AclCommand', ['--add', way, `User:${user}`, ...args])
  return {
    caFile: join(folder, 'ca.pem'),
    wrongCaFile: join(folder, 'wrong-ca.pem'),
    admin: ADMIN,
    user: USER,
    adminProperties: await clientProperties(folder, ADMIN),
    userProperties: await clientProperties(folder, USER),
    allow: (user, args) => acl('--allow-principal', user, args),
    deny: (user, args) => acl('--deny-principal', user, args),
    allowAgain: (user, args) => {
      const removed = ['--remove', '--force', '--deny-principal', `User:${user}`]
      return ask('org.apache.kafka.tools.AclCommand', [...removed, ...args])
    },
    setPassword: (user, password) => {
      const entity = ['--alter', '--entity-type', 'users', '--entity-name', user]
      const added = ['--add-config', `SCRAM-SHA-512=[password=${password}]`]
      return ask('kafka.admin.ConfigCommand', [...entity, ...added])
    },
  }
}

async function clientProperties(
  folder: string,
  { username, password }: Credentials,
): Promise<string> {
  const file = join(folder, `${username}.properties`)
  const login = `${MODULES}.scram.ScramLoginModule required`
  const lines = [
    'security.protocol=SASL_SSL',
    'sasl.mechanism=SCRAM-SHA-512',
    `sasl.jaas.config=${login} username="${username}" password="${password}";`,
    'ssl.truststore.type=PEM',
    `ssl.truststore.location=${join(folder, 'ca.pem')}`,
  ]
  await writeFile(file, `${lines.join('\n')}\n`)
  return file
}
