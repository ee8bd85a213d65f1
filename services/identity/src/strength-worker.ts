/**
 * How many guesses a password would take, by the dictionaries, keyboard walks, dates and repetitions attackers begin
 * with (zxcvbn). Runs in a thread of its own: hostile text takes the estimate hundreds of milliseconds, and no limit on
 * its input makes that safe on an event loop.
 */
import { ZxcvbnFactory } from '@zxcvbn-ts/core'
import { adjacencyGraphs, dictionary } from '@zxcvbn-ts/language-common'
import { minGuessesLog10 } from './domain/password-rules.ts'

/** The cost rises with the square of the length: longer passwords are judged by their two ends. */
const window = 32

const zxcvbn = new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs, maxLength: window })

/** log10 of the guesses, where `words` count as the first ones tried. */
export function estimate({ password, words }: { password: string; words: readonly string[] }): number {
  const guess = (text: string): number => zxcvbn.check(text, [...words]).guessesLog10
  const head = guess(password.slice(0, window))
  const isSettled = password.length <= window || head >= minGuessesLog10
  return isSettled ? head : Math.max(head, guess(password.slice(-window)))
}
