/**
 * Operators bring people from another system. Every line has an outcome of its own, and a line that became somebody
 * stays that person however often it is sent, so an import that was ended is begun again and goes on. The other system
 * vouches for the addresses, as an invitation does.
 */
import { randomBytes } from 'node:crypto'
import type { ImportedPerson, ImportOutcome } from '@gatehouse/contracts/http/identity/imports'
import { actorOf, type UserCaller } from '@gatehouse/access/callers/caller'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { normalizeEmailAddress } from '@gatehouse/service-kit/text/email-address'
import type { Deps } from '../../deps.ts'
import { permissions } from '../../domain/permissions.ts'
import { isTimeZone } from '../../domain/time-zone.ts'
import { parseStoredHash } from '../../passwords/stored-hash.ts'
import { claimUnprovenEmail } from '../../store/emails.ts'
import { findImported, insertImported, lockImports } from '../../store/imported-people.ts'
import { activateAccount } from '../account/activate-account.ts'
import { createAccount } from '../account/create-account.ts'
import { requirePermission } from '../operators/require-permission.ts'
import { turnOf, type Requester } from '../requester.ts'

type ImportDeps = Pick<Deps, 'clients' | 'spine' | 'hasher'>
type Import = { people: readonly ImportedPerson[]; reason: string; requester: Requester }

/** One outcome a line, in order. @throws AppError `forbidden` */
export async function importPeople(
  deps: ImportDeps,
  caller: UserCaller,
  { people, reason, requester }: Import,
): Promise<{ data: ImportOutcome[] }> {
  await requirePermission(deps, caller, permissions.importUsers)
  // Who brings no hash has a password that nobody knows, and sets one by mail.
  const unknown = await deps.hasher.hash(randomBytes(32).toString('base64url'), turnOf(requester))
  const by = { actor: actorOf(caller), reason, unknown }
  return await deps.spine.write(
    {},
    async (tx) => {
      await lockImports(tx)
      const data: ImportOutcome[] = []
      for (const person of people) data.push({ external_id: person.external_id, ...(await importOne(tx, person, by)) })
      return { data }
    },
    { db: 'system' },
  )
}

type By = { actor: ReturnType<typeof actorOf>; reason: string; unknown: string }

async function importOne(tx: Tx, person: ImportedPerson, by: By): Promise<Omit<ImportOutcome, 'external_id'>> {
  const known = await findImported(tx, person.external_id)
  if (known !== undefined) return { status: 'unchanged', user_id: known }
  const reason = refusalOf(person)
  if (reason !== undefined) return { status: 'refused', reason }
  const userId = await openOrTakeOver(tx, person, by)
  if (userId === undefined) return { status: 'refused', reason: 'address_taken' }
  await insertImported(tx, { externalId: person.external_id, userId })
  return { status: 'created', user_id: userId }
}

function refusalOf({ email, password_hash: hash, time_zone: zone }: ImportedPerson): ImportOutcome['reason'] {
  if (normalizeEmailAddress(email) === undefined) return 'address_unusable'
  if (hash !== undefined && parseStoredHash(hash) === undefined) return 'hash_unsupported'
  return zone !== undefined && !isTimeZone(zone) ? 'time_zone_unknown' : undefined
}

/** The person's id; undefined, with nothing written, when somebody has proven the address. */
async function openOrTakeOver(tx: Tx, person: ImportedPerson, by: By): Promise<string | undefined> {
  const { email: address, name, locale, time_zone: timeZone } = person
  const phc = person.password_hash ?? by.unknown
  const userId = newId('user')
  const account = { userId, address, name, phc, via: 'import' as const, actor: by.actor, reason: by.reason }
  if (await createAccount(tx, { ...account, locale, timeZone })) return userId
  const unproven = await claimUnprovenEmail(tx, normalizeEmailAddress(address) ?? '')
  if (unproven) await activateAccount(tx, { userId: unproven.userId, name, phc, actor: by.actor, by: undefined })
  return unproven?.userId
}
