/** Sign-ins that begin with the code of a mail. What is asked of the database is the same for every address. */
import { typeIdOf, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { sql } from 'drizzle-orm'
import { organizationIn, type OrganizationChoice } from '../domain/organization-choice.ts'

type Wanted = {
  id: string
  normalizedAddress: string
  challengeHash: Buffer
  browserHash: Buffer | undefined
  organization: OrganizationChoice
  ttlSeconds: number
  cooldownSeconds: number
  /** So many mails go to one person within a cooldown. */
  mailsPerCooldown: number
  /** False: nothing may be sent, whatever is found. */
  isAllowed: boolean
}

/** Stores a sign-in of the person who has proven the address; whose it is, undefined when nothing was stored. */
export async function insertEmailSignIn(db: Queryable, wanted: Wanted): Promise<string | undefined> {
  const { organization, ttlSeconds, cooldownSeconds, mailsPerCooldown } = wanted
  const named = organizationIn(organization)
  const organizationId = named === undefined ? null : uuidOf(named, 'org')
  const [row] = rowsOf<{ user_id: string }>(
    await db.execute(sql`
      insert into sign_in_transactions (id, user_id, user_version, challenge_hash, browser_hash, by_email_code, amr,
        organization_choice, organization_id, expires_at)
      select ${uuidOf(wanted.id, 'sin')}::uuid, u.id, u.version, ${wanted.challengeHash}::bytea,
        ${wanted.browserHash ?? null}::bytea, true, '{}',
        ${organization.kind}, ${organizationId}::uuid, now() + make_interval(secs => ${ttlSeconds})
      from emails e join users u on u.id = e.user_id
      where e.normalized_address = ${wanted.normalizedAddress} and e.verified_at is not null and u.status = 'active'
        and ${wanted.isAllowed}::boolean
        and ${mailsPerCooldown} > (select count(*) from sign_in_transactions t
          where t.user_id = u.id and t.by_email_code
            and t.created_at > now() - make_interval(secs => ${cooldownSeconds}))
      returning user_id`),
  )
  return row && typeIdOf('user', row.user_id)
}

type NewCode = { signInId: string; codeHash: Buffer; ttlSeconds: number }

/**
 * Stores a code for the mail of this sign-in; whom the mail goes to. Undefined, with nothing stored, once the sign-in
 * is over or the code was used.
 */
export async function insertEmailCode(
  db: Queryable,
  { signInId, codeHash, ttlSeconds }: NewCode,
): Promise<{ address: string; name: string; locale: string | null } | undefined> {
  const [row] = rowsOf<{ address: string; name: string; locale: string | null }>(
    await db.execute(sql`
      with due as (
        select t.id, e.address, u.name, u.locale
        from sign_in_transactions t join users u on u.id = t.user_id join emails e on e.user_id = u.id
        where t.id = ${uuidOf(signInId, 'sin')} and t.by_email_code and t.amr = '{}'
          and t.consumed_at is null and t.expires_at > now()
          and u.status = 'active' and e.verified_at is not null
        for key share of t
      ), minted as (
        insert into email_codes (sign_in_id, code_hash, expires_at)
        select id, ${codeHash}::bytea, now() + make_interval(secs => ${ttlSeconds}) from due
        on conflict do nothing
      )
      select address, name, locale from due`),
  )
  return row
}

/** Spends every code of the sign-in when this is one of them; of several at once one gets true. */
export async function claimEmailCode(
  db: Queryable,
  { signInId, codeHash }: { signInId: string; codeHash: Buffer },
): Promise<boolean> {
  const id = uuidOf(signInId, 'sin')
  const rows = rowsOf<{ is_it: boolean }>(
    await db.execute(sql`
      delete from email_codes c where c.sign_in_id = ${id} and exists (
        select from email_codes o
        where o.sign_in_id = ${id} and o.code_hash = ${codeHash}::bytea and o.expires_at > now())
      returning c.code_hash = ${codeHash}::bytea as is_it`),
  )
  return rows.some(({ is_it }) => is_it)
}
