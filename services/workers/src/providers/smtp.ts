/**
 * Mail over SMTP. A mail has one recipient, whose address is never parsed, logged or part of an error, and a Message-ID
 * that stays the same however often it is sent, so that a mail delivered twice is recognizably one.
 */
import { createTransport } from 'nodemailer'
import { problem } from '@gatehouse/service-kit/errors/app-error'

export type Mail = {
  /** Makes the Message-ID: the ledger id. */
  id: string
  to: string
  subject: string
  text: string
  html: string
}

/**
 * `refused`: no later try can succeed; the reason names no address. `isOfAddress`: no other mail would be taken there.
 */
export type SendOutcome = { kind: 'accepted' } | { kind: 'refused'; reason: string; isOfAddress: boolean }

export type Mailer = {
  /** @throws AppError `upstream_failed` when a later try may succeed. */
  send(mail: Mail): Promise<SendOutcome>
  close(): void
}

// One mailbox: no list, no display name, no quoted local part, nothing a header or an SMTP command could be smuggled in
// with.
const mailbox = /^[^\s<>()[\]\\,;:"@\p{C}]{1,64}@[^\s<>()[\]\\,;:"@\p{C}]{1,253}$/u

/** @param from - `Name <address>` or an address */
export function createSmtpMailer(o: { url: string; from: string }): Mailer {
  const domain = /@([^\s>]+)>?\s*$/.exec(o.from)?.[1] ?? 'localhost'
  const transport = createTransport({
    url: o.url,
    pool: true,
    maxConnections: 4,
    connectionTimeout: 5_000,
    greetingTimeout: 5_000,
    socketTimeout: 15_000,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return {
    async send(mail) {
      if (!mailbox.test(mail.to)) return { kind: 'refused', reason: 'the address is not a mailbox', isOfAddress: false }
      try {
        await transport.sendMail({
          from: o.from,
          to: { name: '', address: mail.to },
          messageId: `<${mail.id}@${domain}>`,
          text: mail.text,
          html: mail.html,
          headers: {
            Subject: { prepared: true, value: encodedSubject(mail.subject) },
            // RFC 3834 §5: no auto-replies to what no person sent.
            'Auto-Submitted': 'auto-generated',
          },
        })
        return { kind: 'accepted' }
      } catch (err) {
        return outcomeOf(err)
      }
    },
    close: () => transport.close(),
  }
}

/** RFC 2047 §2: an encoded word has at most 75 characters, 12 of them around the text; base64 makes 4 of 3 bytes. */
const encodedWordBytes = 45

/**
 * The subject as RFC 2047 writes it, whole characters in each encoded word. Text that already looks like an encoded
 * word is encoded as well, or what somebody chose as a name would be decoded into something else.
 */
export function encodedSubject(subject: string): string {
  if (/^[ -~]*$/.test(subject) && !subject.includes('=?') && subject.length <= 60) return subject
  const words: string[] = []
  for (const char of subject) {
    const last = words.at(-1)
    if (last !== undefined && Buffer.byteLength(last + char) <= encodedWordBytes) words[words.length - 1] = last + char
    else words.push(char)
  }
  return words.map((word) => `=?UTF-8?B?${Buffer.from(word).toString('base64')}?=`).join('\r\n ')
}

/**
 * RFC 5321 §4.2.1: 5yz to a recipient or a message is final. Anything else (no connection, 4yz, our own credentials)
 * may pass.
 */
function outcomeOf(err: unknown): SendOutcome {
  const { code, responseCode, command, response } = err as Record<string, unknown>
  const answer = typeof responseCode === 'number' ? ` ${responseCode}` : ''
  const said = `smtp ${typeof code === 'string' ? code : 'error'}${answer}`
  const isFinal =
    (code === 'EENVELOPE' || code === 'EMESSAGE') && typeof responseCode === 'number' && responseCode >= 500
  // RFC 3463 §3.8: X.7 is about policy (a sender that is listed, a content that is not liked), not about the mailbox.
  const isPolicy = /^5\d\d[ -]5\.7\./.test(String(response))
  if (isFinal) return { kind: 'refused', reason: said, isOfAddress: command === 'RCPT TO' && !isPolicy }
  // Not as the cause: servers quote the address in their answers.
  throw problem('upstream_failed', { internal: said })
}
