/** A mail whose link carries a secret, as the pipeline of mails gets it from the owner of the secret. */
export type LinkMail = { to: string; name: string; token: string; locale?: string }
type Recipient = { address: string; name: string; locale: string | null }

/** Undefined where there is nobody to send it to. */
export const linkMail = (recipient: Recipient | undefined, token: string): LinkMail | undefined =>
  recipient && {
    to: recipient.address,
    name: recipient.name,
    token,
    ...(recipient.locale !== null && { locale: recipient.locale }),
  }
