/**
 * Tells the person an alert is about, or owners of the organization. Carries no link: an alarm that asks to click
 * teaches the wrong habit.
 */
import { SecurityAlertRaised } from '@gatehouse/contracts/events/workers/security-alert'
import { isTold } from '../alerts/rules.ts'
import { alertTitles } from '../notices/titles.ts'
import type { Locale } from './locale.ts'
import { defineMail, utcText, sampleTime } from './mail.ts'

/** What to do where a change that somebody made is not what was found. */
const advice: Readonly<Record<Locale, Readonly<Record<string, string>>>> = {
  en: {
    api_key_expiring:
      'The list of security alerts names it. Rotate it, and put the new key where the old one is used, before what ' +
      'uses it stops.',
    api_key_maker_left:
      'The list of security alerts names the last of them. Rotate or revoke each key that this person may have kept.',
  },
  de: {
    api_key_expiring:
      'Die Liste der Sicherheitswarnungen nennt ihn. Erneuern Sie ihn und setzen Sie den neuen ein, bevor steht, was ' +
      'ihn benutzt.',
    api_key_maker_left:
      'Die Liste der Sicherheitswarnungen nennt den letzten. Erneuern oder widerrufen Sie jeden, den dieser Mensch ' +
      'behalten haben könnte.',
  },
}

export const securityAlertRaised = defineMail({
  name: 'security-alert-raised',
  pipeline: 'security-alert',
  event: SecurityAlertRaised,
  limit: { count: 20, hours: 1 },
  due: ({ alert_id, rule, organization_id, notify }, { time }) =>
    isTold(rule, 'mail')
      ? notify.map((user_id) => ({
          alert_id,
          rule,
          user_id,
          happened_at: time,
          ...(organization_id !== undefined && { organization_id }),
        }))
      : undefined,
  async ask({ identity }, about: Readonly<Record<'alert_id' | 'rule' | 'user_id' | 'happened_at', string>>) {
    const { email, locale } = await identity.getProfile(about.user_id)
    const of = (about as { organization_id?: string }).organization_id
    return { to: email, locale, values: { rule: about.rule, at: utcText(about.happened_at), of } }
  },
  sample: { rule: 'new_device', at: sampleTime, of: undefined },
  texts: {
    en: ({ rule, at, of }) => ({
      subject: alertTitles.en({ rule }),
      paragraphs: [
        `${alertTitles.en({ rule })}, at ${at}${of === undefined ? '' : `, in the organization ${of}`}.`,
        advice.en[rule] ??
          (of === undefined
            ? 'If it was you, there is nothing to do. If not, change your password, end your other sessions and look ' +
              'through your second factors.'
            : 'If you know of it, there is nothing to do. If not, look through the audit trail and the security ' +
              'alerts of the organization.'),
      ],
    }),
    de: ({ rule, at, of }) => ({
      subject: alertTitles.de({ rule }),
      paragraphs: [
        `${alertTitles.de({ rule })}, um ${at}${of === undefined ? '' : `, in der Organisation ${of}`}.`,
        advice.de[rule] ??
          (of === undefined
            ? 'Falls Sie es waren, müssen Sie nichts tun. Falls nicht, ändern Sie Ihr Passwort, beenden Sie Ihre ' +
              'anderen Sitzungen und sehen Sie Ihre zweiten Faktoren durch.'
            : 'Falls Sie davon wissen, müssen Sie nichts tun. Falls nicht, sehen Sie das Audit-Protokoll und die ' +
              'Sicherheitswarnungen der Organisation durch.'),
      ],
    }),
  },
})
