/** Waiting for a condition instead of sleeping. */

/**
 * Resolves with the first value that is neither false nor undefined. @throws Error naming `what` after `timeoutMs`, 30
 * s when absent.
 */
export async function waitUntil<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  timeoutMs = 30_000,
): Promise<T> {
  const deadlineMs = performance.now() + timeoutMs
  for (let pauseMs = 2; ; pauseMs = Math.min(pauseMs * 1.5, 100)) {
    const value = await probe()
    if (value !== undefined && value !== false) return value
    if (performance.now() > deadlineMs) throw new Error(`Waited ${timeoutMs} ms in vain until ${what}`)
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
}
