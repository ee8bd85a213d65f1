/**
 * Readiness: named checks, each with a reason when it fails. A check that hangs has failed.
 * Liveness asks nothing of others, so a lost database never restarts a healthy process.
 */

export type ReadyCheck = {
  readonly name: string
  readonly ok: boolean
  readonly reason?: string
  /** Not ok, and requests go on all the same. */
  readonly degraded?: boolean
}

export type Readiness = { readonly status: 'ready' | 'degraded' | 'not ready'; readonly checks: readonly ReadyCheck[] }

const checkTimeoutMs = 2000

/** Turns a probe that resolves or rejects into a check. */
export async function check(name: string, probe: () => unknown): Promise<ReadyCheck> {
  let timer: NodeJS.Timeout | undefined
  try {
    const late = new Promise<never>(
      (_resolve, reject) =>
        (timer = setTimeout(() => reject(new Error(`no answer within ${checkTimeoutMs} ms`)), checkTimeoutMs)),
    )
    const result = await Promise.race([Promise.resolve().then(probe), late])
    return result === false ? { name, ok: false, reason: 'not yet' } : { name, ok: true }
  } catch (err) {
    return { name, ok: false, reason: err instanceof Error ? err.message : 'failed' }
  } finally {
    clearTimeout(timer)
  }
}

export const readinessOf = (checks: readonly ReadyCheck[]): Readiness => ({
  status: checks.every(({ ok }) => ok)
    ? 'ready'
    : checks.every(({ ok, degraded }) => ok || degraded === true)
      ? 'degraded'
      : 'not ready',
  checks,
})
