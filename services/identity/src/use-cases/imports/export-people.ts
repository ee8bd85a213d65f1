/**
 * Everybody with the hash of their password, as lines that another instance imports. Read page after page, so a slow
 * reader holds up nothing and memory stays as it is. That it was begun is announced before the first line.
 */
import { Readable } from 'node:stream'
import { PeopleExported } from '@gatehouse/contracts/events/identity/people-export'
import type { ImportedPerson } from '@gatehouse/contracts/http/identity/imports'
import { actorOf, type UserCaller } from '@gatehouse/access/callers/caller'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import type { Deps } from '../../deps.ts'
import { permissions } from '../../domain/permissions.ts'
import { type ExportedRow, listPeopleForExport } from '../../store/imported-people.ts'
import { requirePermission } from '../operators/require-permission.ts'
import { requireRecentSignIn } from '../require-recent-sign-in.ts'

type ExportDeps = Pick<Deps, 'clients' | 'spine' | 'system' | 'clock' | 'settings'>

const pageRows = 500

/** @throws AppError `forbidden`, `insufficient_user_authentication` */
export async function exportPeople(deps: ExportDeps, caller: UserCaller, reason: string): Promise<Readable> {
  await requirePermission(deps, caller, permissions.exportUsers)
  requireRecentSignIn(deps, caller, { strong: false })
  const id = newId('uex')
  await deps.spine.write(
    {},
    (tx) =>
      appendEvent(tx, {
        contract: PeopleExported,
        aggregateType: 'people_export',
        aggregateId: id,
        version: 1,
        actor: actorOf(caller),
        data: { reason },
      }),
    { db: 'system' },
  )
  return Readable.from(linesOf(deps), { objectMode: false })
}

async function* linesOf({ system }: Pick<Deps, 'system'>): AsyncGenerator<string> {
  for (let afterId: string | undefined; ;) {
    const page = await listPeopleForExport(system, { afterId, limit: pageRows })
    if (page.length > 0) yield page.map((row) => `${JSON.stringify(lineOf(row))}\n`).join('')
    afterId = page.at(-1)?.userId
    if (page.length < pageRows) return
  }
}

const lineOf = ({ externalId, address, name, phc, locale, timeZone }: ExportedRow): ImportedPerson => ({
  external_id: externalId,
  email: address,
  name,
  ...(phc !== null && { password_hash: phc }),
  ...(locale !== null && { locale }),
  ...(timeZone !== null && { time_zone: timeZone }),
})
