/** Every route of tokens, written out: what is not in this list is not served. */
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { registerEndMyOtherSessions } from './end-my-other-sessions.ts'
import { registerEndMySession } from './end-my-session.ts'
import { registerGetInternalJwks, registerGetJwks } from './get-jwks.ts'
import { registerListMySessions } from './list-my-sessions.ts'
import { registerLogout } from './logout.ts'
import { registerRefreshToken } from './refresh-token.ts'
import { registerStartSession } from './start-session.ts'

type Register = (app: FastifyInstance, deps: Deps) => void

/** Through the gateway. */
export const publicRoutes: readonly Register[] = [registerRefreshToken, registerLogout, registerListMySessions, registerEndMySession, registerEndMyOtherSessions, registerGetJwks]

/** For other services only. */
export const internalRoutes: readonly Register[] = [registerStartSession, registerGetInternalJwks]
