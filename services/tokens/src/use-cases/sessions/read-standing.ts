/**
 * What we may say about a person in an access token: their version, and the membership it is for. Answers come from our
 * own projections, only while those are current, and never "no" before asking the owner once: somebody may have joined
 * a moment ago.
 */
import type { SessionAtHand } from '@gatehouse/access/callers/access-rules'
import { stepUpChallenge } from '@gatehouse/access/call/require-allowed'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { Deps } from '../../deps.ts'
import { isMultiFactor } from '../../domain/access-claims.ts'
import {
  chooseAtLogin,
  chooseAtRefresh,
  type OrganizationAsk,
  organizationToLookUp,
  type UsableMembership,
} from '../../domain/choose-organization.ts'
import { enterOrganization, type Entry } from './enter-organization.ts'
import { findUserState, hasParkedEventAbout, listUsableMemberships, type UserState } from '../../store/projections.ts'

type Neighbour = 'identity' | 'orgs'

/** Come back when this neighbour has been asked; authz, whether the member holds a role that requires a factor. */
export type Unsure =
  { kind: 'unsure'; about: Neighbour } | { kind: 'unsure'; about: 'authz'; membership: UsableMembership }

/** What has been asked for this request already. */
export type Polled = {
  neighbours: ReadonlySet<Neighbour>
  /** What authz said, by membership and roles. */
  holdsOneOf: ReadonlyMap<string, boolean>
}

export const nothingPolled: Polled = { neighbours: new Set(), holdsOneOf: new Map() }

export type Standing =
  | { kind: 'known'; userVersion: number; membership: UsableMembership | undefined }
  | { kind: 'user_unknown' }
  | { kind: 'user_disabled' }
  /** A new password or a disabled account has ended what began with an older version of the person. */
  | { kind: 'session_outdated' }
  | { kind: 'not_a_member' }
  /** The rules of the organization refuse the session as it is. */
  | RefusedEntry

export type RefusedEntry = Exclude<Entry, { kind: 'admitted' }>

type Question = {
  userId: string
  /** The least version of the user we must know; what identity just saw. */
  minUserVersion?: number
  /** The version of the user that the session is of. */
  sessionUserVersion: number
  session: SessionAtHand
  ask: OrganizationAsk
  lastOrganizationId: string | undefined
  /** At sign-in somebody who never chose gets their only organization. */
  at: 'login' | 'refresh'
  polled: Polled
}

/** Where the rows come from that the answer is made of. */
export type StandingRows = {
  user(): Promise<UserState | undefined>
  /** Of that organization. */
  membership(organizationId: string): Promise<UsableMembership | undefined>
  /** Two of them, or fewer if there are fewer. */
  someMemberships(): Promise<UsableMembership[]>
  isParked(): Promise<boolean>
}

export const rowsIn = (tx: Queryable, userId: string): StandingRows => ({
  user: () => findUserState(tx, userId),
  membership: async (organizationId) => {
    const [found] = await listUsableMemberships(tx, { userId, organizationIds: [organizationId], limit: 1 })
    return found
  },
  someMemberships: () => listUsableMemberships(tx, { userId, limit: 2 }),
  isParked: () => hasParkedEventAbout(tx, userId),
})

/** @throws AppError `not_current` while what is needed cannot be proven current */
export async function readStanding(
  deps: Pick<Deps, 'following'>,
  rows: StandingRows,
  question: Question,
): Promise<Standing | Unsure> {
  const user = await readUser(deps, rows, question)
  if (user.kind !== 'known') return user
  const choice = await readChoice(deps, rows, question)
  const isSettled =
    choice.kind === 'chosen' || (choice.kind === 'none' && !choice.mayBeNews) || question.polled.neighbours.has('orgs')
  if (!isSettled) return { kind: 'unsure', about: 'orgs' }
  if (choice.kind !== 'chosen' && question.polled.neighbours.has('orgs') && (await rows.isParked()))
    throw parked(question.userId)
  if (choice.kind === 'not_a_member') return choice
  return enter(user.version, choice.kind === 'chosen' ? choice.membership : undefined, question)
}

/** Whoever did not name the organization goes on without one where no sign-in would let them in. */
function enter(userVersion: number, membership: UsableMembership | undefined, question: Question): Standing | Unsure {
  const entry = membership === undefined ? undefined : judgeEntry(membership, question)
  if (entry?.kind === 'step_up' || entry?.kind === 'unsure') return entry
  if (entry?.kind !== 'not_admitted') return { kind: 'known', userVersion, membership }
  return question.ask.kind === 'named' ? entry : { kind: 'known', userVersion, membership: undefined }
}

/**
 * authz alone knows who holds a role, and roles come by groups, by inheritance and for a time. It is asked where the
 * answer decides: of a session of one factor, in an organization of which a role requires two.
 */
function judgeEntry(membership: UsableMembership, { session, polled }: Question): Entry | Unsure {
  const entry = enterOrganization(membership, session)
  if (entry.kind === 'not_admitted' || membership.requiresMfa || isMultiFactor(session.amr)) return entry
  if (!membership.factorRoles?.length) return entry
  const isHolder = polled.holdsOneOf.get(roleQuestion(membership))
  if (isHolder === undefined) return { kind: 'unsure', about: 'authz', membership }
  return isHolder ? enterOrganization({ ...membership, requiresMfa: true }, session) : entry
}

const roleQuestion = ({ membershipId, factorRoles }: UsableMembership): string =>
  [membershipId, ...(factorRoles ?? [])].join(' ')

async function readUser(
  deps: Pick<Deps, 'following'>,
  rows: StandingRows,
  question: Question,
): Promise<
  { kind: 'known'; version: number } | { kind: 'user_unknown' | 'user_disabled' | 'session_outdated' } | Unsure
> {
  await requireKnowable(deps.following.identity, [question.userId])
  const user = await rows.user()
  const isKnown = user !== undefined && user.version >= (question.minUserVersion ?? 0)
  if (user !== undefined && question.sessionUserVersion < user.sessionsMinVersion) return { kind: 'session_outdated' }
  if (isKnown && user.status === 'active') return { kind: 'known', version: user.version }
  if (!question.polled.neighbours.has('identity')) return { kind: 'unsure', about: 'identity' }
  return { kind: isKnown ? 'user_disabled' : 'user_unknown' }
}

async function readChoice(deps: Pick<Deps, 'following'>, rows: StandingRows, question: Question) {
  const { ask, lastOrganizationId, at } = question
  const wanted = organizationToLookUp(ask, lastOrganizationId)
  const mayChoose = at === 'login' && ask.kind === 'unsaid'
  if (wanted !== undefined || mayChoose)
    await requireKnowable(deps.following.orgs, wanted === undefined ? [] : [wanted])
  const found = wanted === undefined ? undefined : await rows.membership(wanted)
  const some = mayChoose && found === undefined ? await rows.someMemberships() : []
  const choice =
    at === 'login'
      ? chooseAtLogin({ ask, lastOrganizationId, found, some })
      : chooseAtRefresh({ ask, lastOrganizationId, found })
  if (choice.kind === 'chosen')
    await requireKnowable(deps.following.orgs, [choice.membership.organizationId, choice.membership.membershipId])
  return choice
}

/** Current, and no event about these waits to be replayed. */
async function requireKnowable(projection: Deps['following'][Neighbour], ids: readonly string[]): Promise<void> {
  projection.requireFresh()
  for (const id of ids) if (projection.isParked(id)) throw parked(id)
}

const parked = (id: string) =>
  problem('not_current', { internal: `events about ${id} are parked`, retryAfterSeconds: 5 })

export type AskingDeps = Pick<Deps, 'following' | 'clients'>

/** Runs `attempt` again after asking each neighbour it is unsure about, each at most once. */
export async function untilSure<T extends { kind: string }>(
  deps: AskingDeps,
  attempt: (polled: Polled) => Promise<T | Unsure>,
): Promise<T> {
  const asked = { neighbours: new Set<Neighbour>(), holdsOneOf: new Map<string, boolean>() }
  for (;;) {
    const outcome = await attempt(asked)
    if (!isUnsure(outcome)) return outcome
    if (!(await askAbout(deps, outcome, asked)))
      throw problem('not_current', { internal: `still unsure after asking ${outcome.about}` })
  }
}

/** False when that was asked before. */
async function askAbout(
  { following, clients }: AskingDeps,
  unsure: Unsure,
  { neighbours, holdsOneOf }: { neighbours: Set<Neighbour>; holdsOneOf: Map<string, boolean> },
): Promise<boolean> {
  if (unsure.about === 'authz') {
    const { organizationId, membershipId, factorRoles } = unsure.membership
    const question = roleQuestion(unsure.membership)
    if (holdsOneOf.has(question)) return false
    const member = { organizationId, membershipId, roles: factorRoles ?? [] }
    holdsOneOf.set(question, await clients.authz.holdsOneOf(member))
    return true
  }
  if (neighbours.has(unsure.about)) return false
  await following[unsure.about].pollNow()
  neighbours.add(unsure.about)
  return true
}

const isUnsure = (outcome: { kind: string }): outcome is Unsure => outcome.kind === 'unsure'

export const isRefusedEntry = (outcome: { kind: string }): outcome is RefusedEntry =>
  outcome.kind === 'step_up' || outcome.kind === 'not_admitted'

/** What a person is told whose session the organization refuses (RFC 9470 §3 where a sign-in lifts it). */
export const refusedEntry = (entry: RefusedEntry) =>
  entry.kind === 'step_up'
    ? stepUpChallenge(entry.demand, 'the organization requires more of the sign-in')
    : problem('forbidden', { detail: entry.detail })
