/** What a browser has come to between two requests: the sealed cookie `flow` is this and nothing else. */

/** What a new authenticator app needs, until its first code. */
export type Enrollment = { secret: string; uri: string }

export type SignInFlow = {
  challenge: string
  /** Steps one of which is to be answered; an open set. */
  next: string[]
  enrollment?: Enrollment
  /** For how many days the device can be spared the second factor, where that is offered. */
  rememberDays?: number
}

/** Shown by the next page at `at`, once. */
export type Note = {
  at: string
  /** A problem code or a text of the forms, by field; `form` for the form as a whole. */
  errors?: Record<string, string>
  /** What was typed, without secrets. */
  values?: Record<string, string>
  /** The name of a text that says what was done. */
  done?: string
  /** What is shown this once. */
  codes?: string[]
}

/** `of` is a digest of the link; `text` says at `to` what was done. */
export type UsedLink = { of: string; to: string; text: string }

export type Flow = {
  email?: string | undefined
  signIn?: SignInFlow | undefined
  enrollment?: Enrollment | undefined
  /** A device’s code as it was entered or followed, and the request it was found to be. */
  userCode?: string | undefined
  device?: string | undefined
  /**
   * Secrets of links, by the path of their page: taken out of the address so that no log, history or referrer has them.
   */
  links?: Record<string, string>
  /** The link of an address is of no use without a password: where it was opened, nobody has registered. */
  isPasswordWanted?: boolean | undefined
  /** Links that this browser has used, by the path of their page: opened again they say what they did. */
  used?: Record<string, UsedLink>
  note?: Note
}

/** The links of mails that are left once the one of this page was used, or has proven to be worth nothing. */
export function withoutLink({ flow: { links = {} }, path }: { flow: Flow; path: string }): Partial<Flow> {
  const { [path]: _used, ...left } = links
  return { links: left, isPasswordWanted: undefined }
}

/** The page of each step; a step nobody knows leads to the beginning. */
const pageOfStep: Readonly<Record<string, string>> = {
  password: '/signin/password',
  totp: '/signin/code',
  email_code: '/signin/email-code',
  recovery_code: '/signin/recovery-code',
  passkey: '/signin/passkey',
  enroll_mfa: '/signin/enroll',
  verify_email: '/signin/verify',
}

export const pageOf = (step: string | undefined): string => pageOfStep[step ?? ''] ?? '/signin'
