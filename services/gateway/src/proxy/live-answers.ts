/**
 * Answers that stay open (server-sent events) and are looked after here: each ends with the access token it was asked
 * for with, at its expiry or when something voids it, and all of them end before the server closes. They are bounded,
 * for each person and in all.
 */
import type { PrincipalCaller } from '@gatehouse/access/callers/caller'
import { clockLeewaySeconds, type AccessTokenVerifier } from '@gatehouse/access/tokens/access-token'
import type { Clock } from '@gatehouse/service-kit/context/clock'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { gauge } from '@gatehouse/service-kit/telemetry/metrics'
import type { FastifyReply } from 'fastify'
import type { Floors } from '../events/follow-floors.ts'

export type LiveAnswers = {
  /**
   * Takes a place for an answer, given back when its connection is done with it.
   * @returns what is told how to end the answer
   * @throws AppError `rate_limited`, `unavailable`
   */
  open(caller: PrincipalCaller, reply: FastifyReply): (end: () => void) => void
  /** Ends all of them. */
  end(): void
}

type Live = { readonly caller: PrincipalCaller; readonly kid: string; readonly reply: FastifyReply; end?: () => void }

/** A browser opens at most six connections to a server. */
const mostOfOne = 8
const mostInAll = 2000
/** Expiry, and that nobody knows whether a token still counts, are no news that comes from somewhere. */
const lookEveryMs = 1000
/** Who does not take in the end of an answer is not waited for. */
const partingMs = 1000

export function createLiveAnswers(deps: {
  accessTokens: Pick<AccessTokenVerifier, 'peek'>
  floors: Pick<Floors, 'isVoid' | 'isCurrentFor' | 'whenRaised'>
  clock: Clock
}): LiveAnswers {
  const { accessTokens, floors, clock } = deps
  const open = new Set<Live>()
  let timer: NodeJS.Timeout | undefined

  const counts = ({ caller: { claims }, kid }: Live): boolean =>
    claims.exp + clockLeewaySeconds > clock.now().getTime() / 1000 &&
    !floors.isVoid(claims, kid) &&
    floors.isCurrentFor(claims)
  const endIf = (isOver: (live: Live) => boolean): void => {
    for (const live of open) if (live.end !== undefined && isOver(live)) part(live)
  }
  const look = (): void => endIf((live) => !counts(live))
  const leave = (live: Live): void => {
    if (!open.delete(live) || open.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
  floors.whenRaised(look)
  gauge('gateway_live_answers', 'Answers that stay open', () => open.size)

  return {
    open(caller, reply) {
      const ofOne = [...open].filter((live) => live.caller.claims.sub === caller.claims.sub)
      if (ofOne.length >= mostOfOne) throw problem('rate_limited', { retryAfterSeconds: 5 })
      if (open.size >= mostInAll) throw problem('unavailable', { internal: 'too many answers are open' })
      const verified = accessTokens.peek(caller.accessToken)
      if (verified === undefined) throw problem('unauthenticated', { internal: 'expired' })
      const live: Live = { caller, kid: verified.kid, reply }
      open.add(live)
      timer ??= setInterval(look, lookEveryMs)
      reply.raw.once('close', () => leave(live))
      return (end) => {
        live.end = end
        if (!counts(live)) part(live)
      }
    },
    end: () => endIf(() => true),
  }
}

function part({ end, reply: { raw } }: Live): void {
  end?.()
  setTimeout(() => raw.writableFinished || raw.destroy(), partingMs).unref()
}
