// The one error a person is meant to read: a sentence saying what is wrong and a sentence saying how to put it right.
// Everything else that escapes the launcher is a defect and is shown with its stack.

/**
 * Builds an error for a situation the person at the keyboard can mend.
 *
 * @param what the fact, without a full stop
 * @param remedy what to do about it, without a full stop
 */
export function launchProblem(what: string, remedy: string): Error {
  const error = new Error(`${what}. ${remedy}.`)
  error.name = 'LaunchProblem'
  return error
}

/** True for errors made by {@link launchProblem}: print the message alone. */
export function isLaunchProblem(error: unknown): error is Error {
  return error instanceof Error && error.name === 'LaunchProblem'
}
