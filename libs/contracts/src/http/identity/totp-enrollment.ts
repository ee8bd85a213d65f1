/** What an authenticator app needs to make codes (RFC 6238): to type, to follow as a link, and to scan. */
import Type, { type Static } from 'typebox'

export const TotpEnrollment = Type.Object({
  /** Base32 (RFC 4648 §6). Shown once. */
  secret: Type.String(),
  /** Key URI: `otpauth://totp/…`. */
  otpauth_url: Type.String(),
  /** The same URI as a QR code. */
  qr_svg: Type.String(),
})
export type TotpEnrollment = Static<typeof TotpEnrollment>
