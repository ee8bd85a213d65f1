/**
 * Asks once more where a neighbour is not current: a program would come back with `Retry-After`, a person at a page
 * would have to type again. Whoever says `not_current` has done nothing yet; only the last step of a sign-in has been
 * spent by then.
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
          if (!isAppError(err, 'not_current') || !mayRepeat(contract) || tries === mostTries) throw err
          await new Promise((resolve) => setTimeout(resolve, pauseMs))
        }
    },
  }
}
