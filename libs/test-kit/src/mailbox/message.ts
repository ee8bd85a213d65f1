// A mail as it was received, in the words of Mailpit's API (capitalized names), so that scripts written for one work
// with the other.

export type Address = { Name: string; Address: string }

export type Message = {
  /** URL-safe and unique in this mailbox. */
  ID: string
  /** The `Message-ID` header without angle brackets. */
  MessageID: string
  From: Address
  To: Address[]
  Cc: Address[]
  Bcc: Address[]
  ReplyTo: Address[]
  Subject: string
  /** When it was received, RFC 3339. */
  Created: string
  Text: string
  HTML: string
  /** Bytes. */
  Size: number
  headers: Record<string, string[]>
  raw: Buffer
}

/** The first 250 characters, on one line. */
export function snippetOf(message: Message): string {
  return message.Text.replace(/\s+/g, ' ').trim().slice(0, 250)
}
