/**
 * Sign-ins and step-ups that wait for a step. The challenge is kept as its hash; the row of the person is the lock of
 * all their attempts, so guesses that are sent at once count one after another. A sign-in is consumed by one
 * conditional update, and one that is ended is deleted, so that it cannot come back.
 */
import { typeIdOf, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { and, eq, isNull, lt, sql } from 'drizzle-orm'
import { organizationIn, type OrganizationChoice } from '../domain/organization-choice.ts'
import type { SignInState } from '../domain/sign-in/steps.ts'
import { signInTransactions } from './schema.ts'

type NewSignIn = {
  id: string
  userId: string
  /**
   * The person as the checked password found them; a new password since then refuses the session. Absent of a step-up
   * and of an open registration.
   */
  userVersion?: number | undefined
  challengeHash: Buffer
  browserHash: Buffer | undefined
  amr: string[]
  organization: OrganizationChoice
  ttlSeconds: number
  /** The registration whose password it was. */
  verificationId?: string | undefined
  /** The session that a step-up raises. */
  sessionId?: string
  requiresMfa?: boolean
}

/** Stores a sign-in and drops the expired ones of the same person. */
export async function insertSignIn(db: Queryable, { organization, ttlSeconds, ...signIn }: NewSignIn): Promise<void> {
  await db
    .delete(signInTransactions)
    .where(and(eq(signInTransactions.userId, signIn.userId), lt(signInTransactions.expiresAt, sql`now()`)))
  await db.insert(signInTransactions).values({
    ...signIn,
    purpose: signIn.sessionId === undefined ? 'sign_in' : 'step_up',
    organizationChoice: organization.kind,
    organizationId: organizationIn(organization) ?? null,
    expiresAt: sql`now() + make_interval(secs => ${ttlSeconds})`,
  })
}

/** What presents itself: the challenge and, where the sign-in began in a browser, that browser. */
export type Presented = {
  challengeHash: Buffer
  browserHash: Buffer | undefined
  /** Of the device, where it presents the secret of a remembered one. */
  rememberedHash?: Buffer | undefined
}

export type OpenSignIn = SignInState & {
  id: string
  userId: string
  userVersion: number
  status: 'active' | 'disabled'
  address: string
  password: { phc: string; changedAt: string } | undefined
  sessionId: string | undefined
  /** Database time, the clock that all replicas share. */
  now: Date
}

type OpenRow = {
  id: string
  user_id: string
  version: string
  status: 'active' | 'disabled'
  address: string
  phc: string | null
  changed_at: string | null
  purpose: 'sign_in' | 'step_up'
  session_id: string | null
  requires_mfa: boolean
  is_proven: boolean
  amr: string[]
  has_passkeys: boolean
  has_totp: boolean
  has_recovery_codes: boolean
  is_remembered: boolean
  organization_choice: OrganizationChoice['kind']
  organization_id: string | null
  now_ms: string
}

const isOpen = ({ challengeHash, browserHash }: Presented) => sql`
  t.challenge_hash = ${challengeHash}::bytea and t.consumed_at is null and t.expires_at > now()
  and (t.browser_hash is null or t.browser_hash = ${browserHash ?? null}::bytea)`

/**
 * An open sign-in with what it follows from; undefined when it is unknown, over, finished, void, or another
 * browser's.
 */
export async function findOpenSignIn(db: Queryable, presented: Presented): Promise<OpenSignIn | undefined> {
  const [row] = rowsOf<OpenRow>(
    await db.execute(sql`
      select t.id, t.user_id, coalesce(t.user_version, u.version) as version, u.status, e.address, c.phc,
        c.changed_at::text as changed_at, t.purpose, t.session_id, t.requires_mfa,
        t.verification_id is null or v.proven_at is not null as is_proven, t.amr, t.organization_choice,
          t.organization_id,
        exists (select from passkeys p where p.user_id = t.user_id) as has_passkeys,
        exists (select from totp_factors f where f.user_id = t.user_id and f.confirmed_at is not null) as has_totp,
        exists (select from recovery_codes r where r.user_id = t.user_id and r.used_at is null) as has_recovery_codes,
        exists (select from remembered_devices d
          where d.user_id = t.user_id and d.secret_hash = ${presented.rememberedHash ?? null}::bytea
            and d.expires_at > now()) as is_remembered,
        floor(extract(epoch from clock_timestamp()) * 1000) as now_ms
      from sign_in_transactions t join users u on u.id = t.user_id join emails e on e.user_id = u.id
        left join credentials c on c.user_id = u.id left join email_verifications v on v.id = t.verification_id
      where ${isOpen(presented)} and (t.verification_id is null or v.phc is not null or v.proven_at is not null)`),
  )
  return row && signInOf(row)
}

/** The same under the lock of the person, which every attempt and every change of factors takes. */
export async function lockOpenSignIn(tx: Queryable, presented: Presented): Promise<OpenSignIn | undefined> {
  const locked = rowsOf(
    await tx.execute(sql`
      select 1 from users u where u.id = (select t.user_id from sign_in_transactions t where ${isOpen(presented)})
        for no key update`),
  )
  return locked.length === 0 ? undefined : findOpenSignIn(tx, presented)
}

const signInOf = (row: OpenRow): OpenSignIn => ({
  id: typeIdOf('sin', row.id),
  userId: typeIdOf('user', row.user_id),
  userVersion: Number(row.version),
  status: row.status,
  address: row.address,
  password: row.phc === null ? undefined : { phc: row.phc, changedAt: row.changed_at ?? '' },
  purpose: row.purpose,
  sessionId: row.session_id === null ? undefined : typeIdOf('ses', row.session_id),
  requiresMfa: row.requires_mfa,
  isAddressProven: row.is_proven,
  isRemembered: row.is_remembered,
  amr: row.amr,
  enrolled: {
    password: row.phc !== null,
    passkeys: row.has_passkeys,
    totp: row.has_totp,
    recoveryCodes: row.has_recovery_codes,
  },
  organization: organizationOf(row),
  now: new Date(Number(row.now_ms)),
})

function organizationOf({ organization_choice: kind, organization_id: id }: OpenRow): OrganizationChoice {
  if (kind === 'choose') return { kind, organizationId: id === null ? undefined : typeIdOf('org', id) }
  if (kind === 'named' && id !== null) return { kind, organizationId: typeIdOf('org', id) }
  return { kind: kind === 'none' ? 'none' : 'unsaid' }
}

export async function setProvenMethods(db: Queryable, { id, amr }: { id: string; amr: string[] }): Promise<void> {
  await db.update(signInTransactions).set({ amr }).where(eq(signInTransactions.id, id))
}

export async function setChosenOrganization(
  db: Queryable,
  { id, organizationId }: { id: string; organizationId: string },
): Promise<void> {
  await db.update(signInTransactions).set({ organizationId }).where(eq(signInTransactions.id, id))
}

/**
 * Gives a claimed sign-in back with its organization to be chosen anew. So many `refusals` count as wrong answers; at
 * `max` of them the sign-in stays over.
 */
export async function reopenChoice(
  db: Queryable,
  { id, refusals, max }: { id: string; refusals: number; max: number },
): Promise<void> {
  await db.execute(sql`
    update sign_in_transactions set organization_id = null, failures = failures + ${refusals}::int,
      consumed_at = case when failures + ${refusals}::int >= ${max}::int then consumed_at end
    where id = ${uuidOf(id, 'sin')}`)
}

/** Counts one wrong answer; at `max` of them the sign-in is over. */
export async function countWrongAnswer(db: Queryable, { id, max }: { id: string; max: number }): Promise<void> {
  await db.execute(sql`
    update sign_in_transactions set failures = failures + 1, consumed_at = case when failures + 1 >= ${max}::int
      then now() end
    where id = ${uuidOf(id, 'sin')} and consumed_at is null`)
}

/** Consumes a sign-in; of several at once exactly one gets true. */
export async function claimSignIn(db: Queryable, id: string): Promise<boolean> {
  const rows = await db
    .update(signInTransactions)
    .set({ consumedAt: sql`now()` })
    .where(and(eq(signInTransactions.id, id), isNull(signInTransactions.consumedAt)))
    .returning({ id: signInTransactions.id })
  return rows.length === 1
}

/**
 * Gives a claimed sign-in back when no session came of it; with `requiresMfa` it asks for a second factor from now on.
 */
export async function releaseSignIn(
  db: Queryable,
  { id, requiresMfa }: { id: string; requiresMfa: boolean },
): Promise<void> {
  await db
    .update(signInTransactions)
    .set({ consumedAt: null, ...(requiresMfa && { requiresMfa }) })
    .where(eq(signInTransactions.id, id))
}

/**
 * Ends every sign-in and step-up of a person, also one that waits for tokens' answer right now. Those of
 * registrations nobody proved wait on, as their makers expect.
 */
export async function endOpenSignIns(db: Queryable, userId: string): Promise<void> {
  await db.execute(sql`
    delete from sign_in_transactions t where t.user_id = ${uuidOf(userId, 'user')}
      and (t.verification_id is null or exists (select from email_verifications v where v.id = t.verification_id
      and v.proven_at is not null))`)
}
