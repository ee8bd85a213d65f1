/** Answers with the positions the request wrote or saw written, in `Gatehouse-Revision`; refused requests wrote nothing worth waiting for. */
import { revisionHeader } from '@gatehouse/contracts/common/services'
import type { FastifyInstance } from 'fastify'
import { currentContext } from '../context/request-context.ts'
import { encodeRevision } from '../context/revision.ts'

export function installRevisionHeader(app: FastifyInstance): void {
  app.addHook('onSend', (_request, reply, payload, done) => {
    const revisions = currentContext()?.revisions
    if (revisions && revisions.size > 0 && reply.statusCode < 400)
      void reply.header(revisionHeader, encodeRevision(revisions))
    done(null, payload)
  })
}
