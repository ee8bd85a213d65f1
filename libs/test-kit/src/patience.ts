/**
 * How long a service under test may take for an answer. On a crowded machine a request is slow without being wrong, and
 * a test that counts the winners of a race must not lose one to a deadline. Tests of deadlines set their own.
 */
export const patience = { deadlineMs: 30_000 }
