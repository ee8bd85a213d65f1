/**
 * Tells a person that a passkey of theirs seems to have been copied. Carries no link: an alarm that asks to click
 * teaches the wrong habit.
 */
import { PasskeyCounterRegressed } from '@gatehouse/contracts/events/identity/factors'
import { defineMail, toPersonAt } from './mail.ts'

export const passkeyCopied = defineMail({
  name: 'passkey-copied',
  pipeline: 'security-alert',
  event: PasskeyCounterRegressed,
  limit: { count: 5, hours: 24 },
  ...toPersonAt,
  texts: {
    en: ({ at }) => ({
      subject: 'A passkey of yours may have been copied',
      paragraphs: [
        `At ${at} a passkey of your account was presented whose counter had not moved on. That happens when a ` +
          `security key was copied, so we refused it.`,
        'Sign in another way, remove that passkey and look through your sessions.',
      ],
    }),
    de: ({ at }) => ({
      subject: 'Ein Passkey von Ihnen wurde möglicherweise kopiert',
      paragraphs: [
        `Um ${at} wurde ein Passkey Ihres Kontos vorgelegt, dessen Zähler nicht weitergelaufen war. Das geschieht, ` +
          `wenn ein Sicherheitsschlüssel kopiert wurde; deshalb haben wir ihn abgelehnt.`,
        'Melden Sie sich auf andere Weise an, entfernen Sie diesen Passkey und sehen Sie Ihre Sitzungen durch.',
      ],
    }),
  },
})
