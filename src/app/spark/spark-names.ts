/** Sessions belong to a user: whoever asks under another name finds nothing of ours. */
export const SPARK_USER = 'nocturne'

/** Who holds the one partition of this topic in this group watches all queries (Z16). */
export const SPARK_GROUP = { group: 'spark', topic: 'commands' } as const
