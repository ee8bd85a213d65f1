/** Tells a person that a sign-in of theirs was used twice. Carries no link: an alarm that asks to click teaches the wrong habit. */
import { layOut, type MailContent } from './layout.ts'

export const refreshTokenReusedMail = (o: { happenedAt: string }): MailContent =>
  layOut({
    subject: 'We ended one of your sessions',
    paragraphs: [
      `At ${o.happenedAt.slice(0, 19).replace('T', ' ')} UTC a sign-in of yours was continued from two places at once. That happens when a device was copied or its sign-in was stolen, so we ended that session everywhere.`,
      'If you had to sign in again and know why, all is well. If not, sign in as you always do, look through your sessions and change your password.',
    ],
  })
