/**
 * The list of an organization as a file, written while it is read: page after page, each in a transaction of its own,
 * so a slow reader holds up nothing.
 */
import { Readable } from 'node:stream'
import type { AuditEvent, AuditExportQuery } from '@gatehouse/contracts/http/workers/audit-events'
import { requireAllowed } from '@gatehouse/access/call/require-allowed'
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import type { Deps } from '../../deps.ts'
import { csvHead, csvLine, ocsfEvent } from '../../domain/audit-export.ts'
import type { AuditFilter, AuditPosition } from '../../store/audit-events.ts'
import { onTheWire, readAuditQuery, readRecords } from './audit-page.ts'

type Format = { mediaType: string; head: string; line(event: AuditEvent): string }

const formats: Record<NonNullable<AuditExportQuery['format']>, Format> = {
  ndjson: { mediaType: 'application/x-ndjson', head: '', line: (event) => `${JSON.stringify(event)}\n` },
  csv: { mediaType: 'text/csv; charset=utf-8', head: csvHead, line: csvLine },
  ocsf: { mediaType: 'application/x-ndjson', head: '', line: (event) => `${JSON.stringify(ocsfEvent(event))}\n` },
}

/** Written in one go, between two of which others are served. */
const pageSize = 100
const permission = 'gatehouse:audit.read'

type ExportDeps = Pick<Deps, 'clients' | 'db' | 'system' | 'whereabouts'>

/** @throws AppError `forbidden` */
export async function exportAuditEvents(
  deps: ExportDeps,
  caller: OrgCaller,
  { format = 'ndjson', ...query }: AuditExportQuery,
): Promise<{ mediaType: string; content: Readable }> {
  requireAllowed(await deps.clients.authz.decide(caller, { scope: 'organization', permission }), caller, permission)
  const lines = linesOf(deps, caller, { format: formats[format], filter: readAuditQuery(query) })
  return { mediaType: formats[format].mediaType, content: Readable.from(lines, { objectMode: false }) }
}

async function* linesOf(
  { db, system, whereabouts }: ExportDeps,
  { orgId }: OrgCaller,
  { format, filter }: { format: Format; filter: AuditFilter },
): AsyncGenerator<string> {
  if (format.head !== '') yield format.head
  for (let after: AuditPosition | undefined; ;) {
    const page = await readRecords({ db, system }, { orgId }, { ...filter, after, limit: pageSize - 1 })
    after = page.lookedUntil ?? page.records.at(-1)
    if (after === undefined) return
    yield (await whereabouts.show(system, page.records)).map((record) => format.line(onTheWire(record))).join('')
  }
}
