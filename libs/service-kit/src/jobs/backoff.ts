/**
 * How long a failed job waits. Five tries span about a quarter of an hour, the time a mail server takes to be restarted
 * by people.
 */

export const maxAttempts = 5

/**
 * Milliseconds until the try after `attempt` (1 = the first failed): 5 s, 25 s, 2 min, 10 min, each ± 25 % so that jobs
 * that failed together do not return together.
 */
export function retryDelayMs(attempt: number, random: () => number = Math.random): number {
  const base = 5_000 * 5 ** Math.min(attempt - 1, 3)
  return Math.round(base * (0.75 + random() * 0.5))
}
