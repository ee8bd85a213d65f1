/**
 * Whether this replica may answer at all. An answer rests on identity, orgs and authz itself being current within 5 s,
 * on everything the asker's own token was minted from, and on every position the asker names. What cannot be shown is
 * 503, never a denial.
 */
import { decodeRevision, encodeRevision } from '@gatehouse/service-kit/context/revision'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { Projection } from '@gatehouse/spine/follow/projection'
import type { Reader } from '@gatehouse/spine/follow/reader'
import { Miss, type Producer } from './facts.ts'

export type Following = {
  readonly identity: Pick<Projection, 'requireFresh' | 'pollNow' | 'waitFor' | 'position' | 'isParked'>
  readonly orgs: Pick<Projection, 'requireFresh' | 'pollNow' | 'waitFor' | 'position' | 'isParked'>
  /** Needed where a service account has a part. */
  readonly tokens: Pick<Projection, 'requireFresh' | 'pollNow' | 'waitFor' | 'position' | 'isParked'>
  /** authz following itself: what other replicas wrote. */
  readonly own: Pick<Reader, 'requireFresh' | 'pollNow' | 'waitFor' | 'position'>
}

const waitMs = 1000

/**
 * @param nowMs - monotonic, where it was read already: on a hot path reading a clock shows. @throws AppError
 * `not_current`
 */
export function requireFresh({ identity, orgs, own }: Following, nowMs?: number): void {
  identity.requireFresh(nowMs)
  orgs.requireFresh(nowMs)
  own.requireFresh(nowMs)
}

/** @throws AppError `not_current` when events about one of them wait to be replayed. */
export function requireUnparked(
  { identity, orgs }: Following,
  about: { userId?: string | undefined; orgId?: string | undefined; membershipId?: string | undefined },
): void {
  const isParkedAt = (producer: Following['orgs'], id: string | undefined) => id !== undefined && producer.isParked(id)
  if (isParkedAt(identity, about.userId) || [about.orgId, about.membershipId].some((id) => isParkedAt(orgs, id)))
    throw factsParked()
}

/** What is said of a service account rests on tokens as well. @throws AppError `not_current` */
export function requireAccountKnowable(
  { tokens, orgs }: Following,
  about: { serviceAccountId: string; orgId: string },
): void {
  tokens.requireFresh()
  if (tokens.isParked(about.serviceAccountId) || orgs.isParked(about.orgId)) throw factsParked()
}

const factsParked = () =>
  problem('not_current', { internal: 'events about the principal are parked', retryAfterSeconds: 1 })

const readersOf = (following: Following) =>
  [
    ['identity', following.identity],
    ['orgs', following.orgs],
    ['tokens', following.tokens],
    ['authz', following.own],
  ] as const

/**
 * Waits until the positions named in `revision` are applied here. @throws AppError `validation_failed`,
 * `revision_unavailable`
 */
export async function awaitRevision(following: Following, revision: string): Promise<void> {
  const positions = decodeRevision(revision)
  if (!positions)
    throw problem('validation_failed', { errors: [{ path: '/context/at_least', message: 'is not a revision' }] })
  // Positions of other services say nothing about what is decided here.
  const arrived = await Promise.all(
    readersOf(following).map(([service, reader]) => {
      const position = Object.hasOwn(positions, service) ? positions[service] : undefined
      return position === undefined || reader.waitFor(position, waitMs)
    }),
  )
  if (arrived.includes(false)) throw problem('revision_unavailable', { retryAfterSeconds: 1 })
}

/** A miss until the positions named in `revision` are applied here. @throws AppError `validation_failed` at `path` */
export function requireRevision(following: Following, revision: unknown, path: string): Miss | undefined {
  if (revision === undefined) return undefined
  const positions = typeof revision === 'string' ? decodeRevision(revision) : undefined
  if (positions === undefined || typeof revision !== 'string')
    throw problem('validation_failed', { errors: [{ path, message: 'is not a revision' }] })
  const hasArrived = readersOf(following).every(
    ([service, reader]) => !Object.hasOwn(positions, service) || reader.position() >= (positions[service] ?? 0),
  )
  return hasArrived ? undefined : new Miss([{ revision }])
}

/** Asks each of these for what it has said by now. @throws AppError `not_current` */
export async function pollOnce(following: Following, whom: readonly Producer[]): Promise<void> {
  if (whom.length > 0) await within(waitMs, Promise.all(whom.map((producer) => following[producer].pollNow())))
}

async function within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(problem('not_current', { retryAfterSeconds: 1, internal: `no answer within ${timeoutMs} ms` })),
      timeoutMs,
    )
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** The one written last: thousands of answers rest on the same positions. */
let written = { positions: [-1, -1, -1, -1] as readonly number[], revision: '' }

/** The positions an answer given now rests on; a text that needs no escaping. */
export function revisionNow(following: Following): string {
  const [identity, orgs, tokens, authz] = [
    following.identity.position(),
    following.orgs.position(),
    following.tokens.position(),
    following.own.position(),
  ]
  const [i, o, t, a] = written.positions
  if (i !== identity || o !== orgs || t !== tokens || a !== authz) {
    written = {
      positions: [identity, orgs, tokens, authz],
      revision: encodeRevision(Object.entries({ identity, orgs, tokens, authz })),
    }
  }
  return written.revision
}
