/**
 * Sign-ins that wait until their registration is proven. The challenge is kept as its hash and consumed by one conditional update.
 * Once another registration is proven, the sign-in waits on until it expires: nobody learns from it that somebody proved the address.
 */
import { typeIdOf, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { and, eq, gt, isNotNull, isNull, lt, or, sql } from 'drizzle-orm'
import type { OrganizationChoice } from '../domain/sign-in.ts'
import { emailVerifications, signInTransactions } from './schema.ts'

type NewSignIn = {
  id: string
  userId: string
  verificationId: string
  challengeHash: Buffer
  next: string[]
  amr: string[]
  organization: OrganizationChoice
  ttlSeconds: number
}

/** Stores a sign-in and drops the expired ones of the same person. */
export async function insertSignIn(db: Queryable, { organization, ttlSeconds, ...signIn }: NewSignIn): Promise<void> {
  await db
    .delete(signInTransactions)
    .where(and(eq(signInTransactions.userId, signIn.userId), lt(signInTransactions.expiresAt, sql`now()`)))
  await db.insert(signInTransactions).values({
    ...signIn,
    organizationChoice: organization.kind,
    organizationId: organization.kind === 'named' ? organization.organizationId : null,
    expiresAt: sql`now() + make_interval(secs => ${ttlSeconds})`,
  })
}

/** What a waiting sign-in still needs; undefined when it is unknown, over, finished or void. */
export async function findOpenSignIn(db: Queryable, challengeHash: Buffer): Promise<{ next: string[] } | undefined> {
  const rows = await db
    .select({ next: signInTransactions.next })
    .from(signInTransactions)
    .innerJoin(emailVerifications, eq(emailVerifications.id, signInTransactions.verificationId))
    .where(
      and(
        eq(signInTransactions.challengeHash, challengeHash),
        isNull(signInTransactions.consumedAt),
        gt(signInTransactions.expiresAt, sql`now()`),
        or(isNotNull(emailVerifications.phc), isNotNull(emailVerifications.provenAt)),
      ),
    )
  return rows[0]
}

export type ClaimedSignIn = {
  id: string
  userId: string
  userVersion: number
  passwordChangedAt: string
  amr: string[]
  organization: OrganizationChoice
}

type ClaimedRow = {
  id: string
  user_id: string
  version: string
  changed_at: string
  amr: string[]
  organization_choice: OrganizationChoice['kind']
  organization_id: string | null
}

/** Consumes a sign-in whose person is active and whose own registration was the proven one; of several at once exactly one gets it. */
export async function claimSignIn(db: Queryable, challengeHash: Buffer): Promise<ClaimedSignIn | undefined> {
  const claimed = await db.execute(sql`
    update sign_in_transactions t set consumed_at = now()
    from users u join credentials c on c.user_id = u.id, email_verifications v
    where t.challenge_hash = ${challengeHash} and t.consumed_at is null and t.expires_at > now()
      and u.id = t.user_id and u.status = 'active' and v.id = t.verification_id and v.proven_at is not null
    returning t.id, t.user_id, u.version, c.changed_at::text as changed_at, t.amr, t.organization_choice, t.organization_id`)
  const [row] = rowsOf<ClaimedRow>(claimed)
  if (row === undefined) return undefined
  const { organization_choice: kind, organization_id: organization } = row
  return {
    id: typeIdOf('sin', row.id),
    userId: typeIdOf('user', row.user_id),
    userVersion: Number(row.version),
    passwordChangedAt: row.changed_at,
    amr: row.amr,
    organization:
      kind === 'named' && organization !== null
        ? { kind, organizationId: typeIdOf('org', organization) }
        : { kind: kind === 'none' ? 'none' : 'unsaid' },
  }
}

/** Gives a claimed sign-in back when no session came of it. */
export async function releaseSignIn(db: Queryable, id: string): Promise<void> {
  await db.update(signInTransactions).set({ consumedAt: null }).where(eq(signInTransactions.id, id))
}

/** Ends the waiting sign-ins that could still become sessions of the person. Those of registrations nobody proved wait on, as their makers expect. */
export async function endOpenSignIns(db: Queryable, userId: string): Promise<void> {
  await db.execute(sql`
    update sign_in_transactions t set consumed_at = now()
    where t.user_id = ${uuidOf(userId, 'user')} and t.consumed_at is null
      and exists (select from email_verifications v where v.id = t.verification_id and v.proven_at is not null)`)
}
