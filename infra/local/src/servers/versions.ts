// The oldest server versions the platform works with, and the arithmetic to compare what a binary or a server reports.

export type ServerName = 'postgres' | 'redis' | 'nats'

/**
 * `urlVariable`: how the operator names a server of their own. `DATABASE_URL` and `REDIS_URL` of a shell belong to
 * other programs.
 */
type Requirement = { label: string; minimum: readonly [number, number]; urlVariable: string }

export const REQUIREMENTS: Record<ServerName, Requirement> = {
  // 18: `uuidv7()`, which migrations use.
  postgres: { label: 'PostgreSQL', minimum: [18, 0], urlVariable: 'GATEHOUSE_DATABASE_URL' },
  // 6.2: what the job queue asks for.
  redis: { label: 'Redis', minimum: [6, 2], urlVariable: 'GATEHOUSE_REDIS_URL' },
  // 2.10: several filter subjects per consumer and `sync_interval`.
  nats: { label: 'NATS', minimum: [2, 10], urlVariable: 'GATEHOUSE_NATS_URL' },
}

/** The first dotted number in a version banner, or undefined. `postgres (PostgreSQL) 15.12 (Debian …)` → `[15, 12]`. */
export function parseVersion(banner: string): [number, number] | undefined {
  const match = /(\d+)\.(\d+)/.exec(banner) ?? /\b(\d+)(?:devel|beta\d+|rc\d+)?\b/.exec(banner)
  if (match === null) return undefined
  return [Number(match[1]), Number(match[2] ?? 0)]
}

export function isAtLeast(version: readonly [number, number], minimum: readonly [number, number]): boolean {
  return version[0] > minimum[0] || (version[0] === minimum[0] && version[1] >= minimum[1])
}

/** Undefined if the version will do, else the reason it will not. */
export function versionObjection(name: ServerName, version: readonly [number, number]): string | undefined {
  const { label, minimum } = REQUIREMENTS[name]
  if (isAtLeast(version, minimum)) return undefined
  return `${label} ${version.join('.')} is too old: ${minimum.join('.').replace(/\.0$/, '')} or newer is needed`
}
