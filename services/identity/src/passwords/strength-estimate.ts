/** How many guesses a password would take, by the dictionaries, keyboard walks, dates and repetitions attackers begin with (zxcvbn). */
import { ZxcvbnFactory } from '@zxcvbn-ts/core'
import { adjacencyGraphs, dictionary } from '@zxcvbn-ts/language-common'

/** log10 of the guesses, where `words` count as the first ones tried. */
export type StrengthEstimator = (password: string, words: readonly string[]) => number

/** The estimate takes 50 ms for 64 hostile characters and four times that for 256, on the event loop: longer passwords are judged by their two ends. */
const window = 64

/** Builds the ranked dictionaries once, which takes some 50 ms. */
export function createStrengthEstimator(): StrengthEstimator {
  const zxcvbn = new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs, maxLength: window })
  return (password, words) => {
    const guess = (text: string): number => zxcvbn.check(text, [...words]).guessesLog10
    return password.length <= window
      ? guess(password)
      : Math.max(guess(password.slice(0, window)), guess(password.slice(-window)))
  }
}
