/**
 * What a password must be when it stands alone (NIST SP 800-63B-4 §3.1.1): long and hard to guess, of any characters,
 * with no composition rules. The estimate of guesses comes in as a number; what this file adds is length and the words
 * everybody would try for this person.
 */

/** Code points; the length NIST asks for where the password is the only factor. */
export const minLengthAlone = 15
/**
 * log10 of the guesses an attacker needs: beyond what an online attack can reach, with room for an offline one behind
 * argon2.
 */
export const minGuessesLog10 = 8
/** What must remain once the words of the person are taken out. */
const minOwnCharacters = 8
/** Shorter words take away more than they protect. */
const minWordLength = 3

const productWords = ['gatehouse']

export type PasswordFault = 'too_short' | 'personal' | 'guessable'

/** One text has one password: the same characters typed on two systems may arrive in two normal forms. */
export const normalizePassword = (password: string): string => password.normalize('NFC')

/** Words an attacker who knows the person would try first: name, address, product. Lower case, longest first. */
export function wordsOf(person: { name: string; address: string }): string[] {
  const text = `${person.name} ${person.address}`.normalize('NFC').toLowerCase()
  const parts = text.split(/[^\p{L}\p{N}]+/u)
  const whole = [person.name.replace(/\s+/gu, ''), person.address, person.address.split('@')[0] ?? ''].map((word) =>
    word.normalize('NFC').toLowerCase(),
  )
  const words = [...productWords, ...parts, ...whole].filter((word) => word.length >= minWordLength)
  return [...new Set(words)].sort((one, other) => other.length - one.length)
}

/**
 * Every reason to refuse; empty when the password may be used. `password` is normalized, `guessesLog10` was estimated
 * with `words`.
 */
export function judgePassword(input: {
  password: string
  words: readonly string[]
  guessesLog10: number
}): PasswordFault[] {
  const faults: PasswordFault[] = []
  if ([...input.password].length < minLengthAlone) faults.push('too_short')
  if (isMostlyPersonal(input.password, input.words)) faults.push('personal')
  if (input.guessesLog10 < minGuessesLog10) faults.push('guessable')
  return faults
}

function isMostlyPersonal(password: string, words: readonly string[]): boolean {
  const folded = password.toLowerCase()
  const rest = words.reduce((text, word) => text.replaceAll(word, ''), folded)
  return rest.length < folded.length && [...rest].length < minOwnCharacters
}

const messages: Record<PasswordFault, string> = {
  too_short: `Use at least ${minLengthAlone} characters; a few words in a row are fine.`,
  personal: 'It consists mostly of your name, your address or the name of this product.',
  guessable: 'It is among the passwords that are tried first: a common word, a repetition or a sequence.',
}

/** The faults as a caller reads them. */
export const describeFaults = (
  faults: readonly PasswordFault[],
  path = '/password',
): { path: string; message: string }[] => faults.map((fault) => ({ path, message: messages[fault] }))
