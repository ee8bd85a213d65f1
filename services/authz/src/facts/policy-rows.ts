/**
 * Versions of policies, each read once: a version never changes, so after one policy of 400 was saved the other 399 are there already, with the
 * conditions that were compiled of them. What is in reach at a moment is always asked of PostgreSQL.
 */
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { LRUCache } from 'lru-cache'
import { findPolicyVersions, listPolicyVersionsInReach, type PolicyVersion } from '../store/policies.ts'
import type { PolicyRow } from '../store/schema.ts'

export type PolicyRows = {
  /** Policies in force that a decision in this organization can meet; without one: the platform's. */
  inReach(db: Queryable, orgId: string | undefined): Promise<PolicyRow[]>
  /** Versions that were read from PostgreSQL so far. */
  readonly versionsRead: number
}

/** Versions kept; one with a condition of 2 kB is some 10 kB. */
const most = 10_000

export function createPolicyRows(): PolicyRows {
  const known = new LRUCache<string, PolicyRow>({ max: most })
  let versionsRead = 0
  return {
    async inReach(db, orgId) {
      const versions = await listPolicyVersionsInReach(db, orgId)
      const rows = new Map(versions.map((one) => [nameOf(one), known.get(nameOf(one))]))
      const missing = versions.filter((one) => rows.get(nameOf(one)) === undefined)
      if (missing.length > 0) {
        for (const row of await findPolicyVersions(db, missing)) {
          known.set(nameOf(row), row)
          rows.set(nameOf(row), row)
          versionsRead += 1
        }
      }
      return [...rows.values()].filter((row) => row !== undefined)
    },
    get versionsRead() {
      return versionsRead
    },
  }
}

/** With its moment, since a database that was restored may give a version again. */
const nameOf = ({ id, version, validFrom }: PolicyVersion): string => `${id} ${version} ${validFrom}`
