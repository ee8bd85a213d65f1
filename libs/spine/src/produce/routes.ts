/**
 * What a service answers because it is on the spine: `GET /internal/changes` and `GET /internal/snapshot` to those that
 * follow it, and its dead letters to workers. Never proxied.
 */
import { Readable } from 'node:stream'
import type { ServiceName } from '@gatehouse/contracts/common/services'
import { changesRoute } from '@gatehouse/contracts/http/spine/changes'
import { snapshotMediaType, snapshotPath } from '@gatehouse/contracts/http/spine/snapshot'
import type { FastifyInstance } from 'fastify'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { bindRoute, bindStream } from '@gatehouse/access/serve/bind-route'
import type { Db } from '@gatehouse/service-kit/postgres/connect'
import { afterEverything } from '../follow/spine-client.ts'
import { createDeadLetters, type DeadLettersOptions } from '../dead-letters/dead-letters.ts'
import { bindDeadLetterRoutes } from '../dead-letters/over-http.ts'
import type { Spine } from './producer.ts'
import { snapshotLines, type SnapshotViews } from './snapshot.ts'

/**
 * Changes and snapshots are for `callers`; `system` reads the snapshots. `consumers` and `projections` are those whose
 * dead letters can be replayed here.
 */
export function bindSpineRoutes(
  app: FastifyInstance,
  o: Pick<DeadLettersOptions, 'consumers' | 'projections'> & {
    spine: Spine
    system: Db
    callers: readonly ServiceName[]
    snapshots: SnapshotViews
  },
): void {
  bindDeadLetterRoutes(app, o.spine.service, createDeadLetters(o))
  bindRoute(
    app,
    changesRoute(o.spine.service, o.callers),
    ({ query }) =>
      o.spine.changes({
        after: query.after,
        ...(query.epoch === undefined ? {} : { epoch: query.epoch }),
        ...(query.limit === undefined ? {} : { limit: query.limit }),
        ...(query.behind === 'oldest' ? { orOldest: true } : {}),
        ...(query.subjects === undefined ? {} : { subjects: query.subjects.split(',') }),
      }),
    // Asked by every follower once a second.
    { ahead: { query: `after=${afterEverything}`, answer: () => o.spine.changes({ after: afterEverything }) } },
  )
  bindStream(app, { method: 'GET', path: snapshotPath, callers: o.callers }, async ({ request, reply }) => {
    const { view: name } = request.query as { view?: unknown }
    const view = typeof name === 'string' && Object.hasOwn(o.snapshots, name) ? o.snapshots[name] : undefined
    if (view === undefined) throw problem('not_found', { internal: 'no such snapshot view' })
    return reply
      .type(snapshotMediaType)
      .send(Readable.from(ndjson(snapshotLines({ system: o.system, view })), { objectMode: false }))
  })
}

async function* ndjson(lines: AsyncIterable<object>): AsyncGenerator<string> {
  for await (const line of lines) yield `${JSON.stringify(line)}\n`
}
