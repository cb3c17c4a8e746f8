/** A broker's address as a client reaches it. */
export type BrokerAddress = { readonly host: string; readonly port: number }

/** Files of certificates, read again for each connection: a renewed one needs no restart. */
export type TlsFiles = {
  readonly caFile?: string
  readonly certFile?: string
  readonly keyFile?: string
  /** The name that the brokers' certificates carry, where it is not their host. */
  readonly serverName?: string
}

/** Who we are to the brokers; the password's file is read again for each connection. */
export type SaslLogin = {
  readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'
  readonly username: string
  readonly passwordFile: string
}

/** How a cluster is reached, and what is asked of it. */
export type KafkaOptions = {
  /** Any of them leads to all. */
  readonly brokers: readonly BrokerAddress[]
  /** `available`: work goes on with one broker of three; `strict`: writes need two. */
  readonly promise: 'available' | 'strict'
  /** Copies of each partition. */
  readonly replication: number
  readonly codec: 'none' | 'lz4' | 'zstd'
  /** Makes members static: one that is back within the session gets its partitions again. */
  readonly instance?: string
  readonly tls?: TlsFiles
  readonly sasl?: SaslLogin
}
