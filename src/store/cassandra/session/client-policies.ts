import { policies, types, type ClientOptions } from 'cassandra-driver'

type Decision = policies.retry.DecisionInfo
type Operation = policies.retry.OperationInfo

const RETRIES_MAX = 2
const RECONNECT_FIRST_MS = 250
const RECONNECT_MAX_MS = 5_000
/** A read that takes this long is asked of another node as well. */
const SPECULATION_MS = 50

/** How the driver chooses nodes, repeats, and comes back after an outage. */
export const clientPolicies = (localDc: string): NonNullable<ClientOptions['policies']> => ({
  loadBalancing: new policies.loadBalancing.TokenAwarePolicy(
    new policies.loadBalancing.DCAwareRoundRobinPolicy(localDc),
  ),
  reconnection: new policies.reconnection.ExponentialReconnectionPolicy(
    RECONNECT_FIRST_MS,
    RECONNECT_MAX_MS,
  ),
  retry: new RepeatPolicy(),
  speculativeExecution: new ReadsTwice(SPECULATION_MS, 1),
})

/**
 * Every statement of ours changes nothing when it is repeated, so what may not have happened is
 * asked for again, of another node where there is one.
 */
class RepeatPolicy extends policies.retry.RetryPolicy {
  override onWriteTimeout(info: Operation): Decision {
    return this.#again(info)
  }

  override onReadTimeout(info: Operation): Decision {
    return this.#again(info)
  }

  override onUnavailable(info: Operation): Decision {
    return this.#again(info)
  }

  override onRequestError(info: Operation): Decision {
    return this.#again(info)
  }

  #again({ nbRetry, executionOptions }: Operation): Decision {
    if (!executionOptions.isIdempotent() || nbRetry >= RETRIES_MAX) return this.rethrowResult()
    return this.retryResult(executionOptions.getConsistency(), false)
  }
}

const NEVER = { nextExecution: () => -1 }

/** A second node only for reads: writes are acknowledged by a quorum of nodes anyway. */
class ReadsTwice extends policies.speculativeExecution.ConstantSpeculativeExecutionPolicy {
  override newPlan(keyspace: string, queryInfo: string | object[]): { nextExecution: Function } {
    const isRead = typeof queryInfo === 'string' && queryInfo.startsWith('SELECT')
    return isRead ? super.newPlan(keyspace, queryInfo) : NEVER
  }
}

/** The driver's number of a consistency level. */
export const consistencyOf = {
  ONE: types.consistencies.one,
  LOCAL_ONE: types.consistencies.localOne,
  LOCAL_QUORUM: types.consistencies.localQuorum,
  QUORUM: types.consistencies.quorum,
  EACH_QUORUM: types.consistencies.eachQuorum,
  ALL: types.consistencies.all,
} as const
