/**
 * Asks once more where a neighbour is not current: a program would come back with `Retry-After`, a person at a page
 * would have to type again. Whoever says `not_current` has done nothing yet; only the last step of a sign-in has been
 * spent by then. Whoever sends a form twice waits for the answer of the first, which is the second one's as well
 * (`Idempotency-Key`).
 */
import type { ServiceClient } from '@gatehouse/access/call/service-client'
import type { RouteContract } from '@gatehouse/contracts/http/contract'
import { AnswerChallenge } from '@gatehouse/contracts/http/identity/sign-in'
import { isAppError } from '@gatehouse/service-kit/errors/app-error'

/** Together well below the deadline of a page. */
const mostTries = 8
const pauseMs = 300

export function patient(client: ServiceClient): ServiceClient {
  const mayRepeat = (contract: RouteContract): boolean => contract.operationId !== AnswerChallenge.operationId
  return {
    ...client,
    async call(contract, input) {
      for (let tries = 1; ; tries++)
        try {
          return await client.call(contract, input)
        } catch (err) {
          const isWorthIt = isAppError(err, 'not_current') || isAppError(err, 'idempotency_in_progress')
          if (!isWorthIt || !mayRepeat(contract) || tries === mostTries) throw err
          await new Promise((resolve) => setTimeout(resolve, pauseMs))
        }
    },
  }
}
