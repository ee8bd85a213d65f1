/**
 * The code a person types from one screen into another (RFC 8628 §6.1): eight consonants, so that it is no word, in two
 * halves. That is 34 bits; with the limits on guesses and its minutes of life nobody finds one.
 */

const letters = 'BCDFGHJKLMNPQRSTVWXZ'
const length = 8
const form = new RegExp(`^[${letters}]{${length}}$`)

/** @param draw - an integer from 0 to below its argument, by chance nobody can foresee */
export const mintUserCode = (draw: (below: number) => number): string =>
  Array.from({ length }, () => letters[draw(letters.length)]).join('')

/** As people write it: any case, with dashes and spaces or without. Undefined for what can be no code. */
export function readUserCode(typed: string): string | undefined {
  const code = typed.toUpperCase().replace(/[^A-Z0-9]/g, '')
  return form.test(code) ? code : undefined
}

/** As a screen shows it: `BCDF-GHJK`. */
export const shownUserCode = (code: string): string => `${code.slice(0, length / 2)}-${code.slice(length / 2)}`
