import { z } from 'zod'
import { field } from '../field.ts'

const file = (description: string, example: string) => field.text({ description, example })

/** Encrypted connections to servers that go by some name: brokers, nodes. */
export function tlsSchema(servers: { readonly name: string; readonly example: string }) {
  const { name, example } = servers
  return z
    .strictObject({
      ca: file(
        `Certificates that may sign the ${name}’; the machine’s own by default.`,
        '/etc/nocturne/ca.pem',
      ).optional(),
      cert: file(
        `Our certificate, where ${name} ask for one.`,
        '/etc/nocturne/edge.pem',
      ).optional(),
      key: file(
        'Key of our certificate; only its owner may read it.',
        '/etc/nocturne/edge.key',
      ).optional(),
      server_name: field
        .text({
          description: `Name that the ${name}’ certificates carry, where it is not their host.`,
          example,
        })
        .optional(),
    })
    .refine((it) => (it.cert === undefined) === (it.key === undefined), {
      error: 'needs both `cert` and `key`, or neither',
    })
    .meta({
      description:
        'Encrypted connections; host names are always verified. `{}` is enough where the machine ' +
        'knows who signs.',
    })
}

/** What is written of encrypted connections. */
export type TlsFields = z.infer<ReturnType<typeof tlsSchema>>
