/**
 * Answers with the positions the request wrote or saw written, in `Gatehouse-Revision`; refused requests wrote nothing
 * worth waiting for. A route that answers strangers alike says one whether it wrote or not.
 */
import { revisionHeader } from '@gatehouse/contracts/common/services'
import type { FastifyInstance } from 'fastify'
import { currentContext } from '../context/request-context.ts'
import { encodeRevision } from '../context/revision.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Set where a revision that is there or not would tell a stranger what happened. */
    alwaysRevision?: boolean
  }
}

export function installRevisionHeader(app: FastifyInstance): void {
  app.addHook('onSend', (request, reply, payload, done) => {
    const context = currentContext()
    const isSaid = context?.hasRevisions === true || request.routeOptions.config.alwaysRevision === true
    if (isSaid && reply.statusCode < 400) void reply.header(revisionHeader, encodeRevision(context?.revisions ?? []))
    done(null, payload)
  })
}
