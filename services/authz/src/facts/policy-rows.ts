/**
 * Versions of policies, each read once: a version never changes, so after one policy of 400 was saved the other 399 are
 * there already, with the conditions that were compiled of them. What is in reach at a moment is always asked of
 * PostgreSQL.
 */
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { LRUCache } from 'lru-cache'
import { findPolicyVersions, listPolicyVersionsInReach, type PolicyVersion } from '../store/policies.ts'
import type { PolicyRow } from '../store/schema.ts'

export type PolicyRows = {
  /**
   * Policies in force, now or as of `at`, that a decision in this organization can meet; without one: the platform's.
   */
  inReach(db: Queryable, orgId: string | undefined, at?: Date): Promise<PolicyRow[]>
  /** Versions that were read from PostgreSQL so far. */
  readonly versionsRead: number
}

/** Versions kept; one with a condition of 2 kB is some 10 kB. */
const most = 10_000
/** Read by one statement: as many as are taken apart in a few milliseconds. */
const atOnce = 40

export function createPolicyRows(): PolicyRows {
  const known = new LRUCache<string, PolicyRow>({ max: most })
  let versionsRead = 0
  return {
    async inReach(db, orgId, at) {
      const versions = await listPolicyVersionsInReach(db, orgId, at)
      const rows = new Map(versions.map((one) => [nameOf(one), known.get(nameOf(one))]))
      const missing = versions.filter((one) => rows.get(nameOf(one)) === undefined)
      for (let from = 0; from < missing.length; from += atOnce) {
        for (const row of await findPolicyVersions(db, missing.slice(from, from + atOnce))) {
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
