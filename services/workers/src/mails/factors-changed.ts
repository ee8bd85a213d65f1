/**
 * Tells a person that their second factors were changed. Carries no link: an alarm that asks to click teaches the wrong
 * habit.
 */
import { FactorsChanged } from '@gatehouse/contracts/events/identity/factors'
import type { Locale } from './locale.ts'
import { defineMail, utcText, sampleTime } from './mail.ts'

type Change = FactorsChanged['change']

const changes: Readonly<Record<Locale, Readonly<Record<Change, string>>>> = {
  en: {
    totp_added: 'An authenticator app was added to your account',
    totp_removed: 'The authenticator app was removed from your account',
    passkey_added: 'A passkey was added to your account',
    passkey_removed: 'A passkey was removed from your account',
    recovery_codes_replaced: 'New recovery codes were made for your account',
    reset: 'An operator removed the second factors of your account',
  },
  de: {
    totp_added: 'Ihrem Konto wurde eine Authenticator-App hinzugefügt',
    totp_removed: 'Die Authenticator-App wurde aus Ihrem Konto entfernt',
    passkey_added: 'Ihrem Konto wurde ein Passkey hinzugefügt',
    passkey_removed: 'Ein Passkey wurde aus Ihrem Konto entfernt',
    recovery_codes_replaced: 'Für Ihr Konto wurden neue Wiederherstellungscodes erstellt',
    reset: 'Die zweiten Faktoren Ihres Kontos wurden vom Betreiber entfernt',
  },
}

export const factorsChanged = defineMail({
  name: 'factors-changed',
  pipeline: 'security-alert',
  event: FactorsChanged,
  limit: { count: 20, hours: 1 },
  due: ({ user_id, change }, { time }) => ({ user_id, change, happened_at: time }),
  async ask({ identity }, { user_id, change, happened_at }) {
    const { email, locale } = await identity.getProfile(user_id)
    const at = utcText(happened_at)
    return { to: email, locale, values: { at, change: change as Change } }
  },
  sample: { at: sampleTime, change: 'passkey_added' as Change },
  texts: {
    en: ({ at, change }) => ({
      subject: changes.en[change],
      paragraphs: [
        `${changes.en[change]} at ${at}.`,
        'If it was you, there is nothing to do. If not, somebody else can sign in as you: change your password, ' +
          'end your other sessions and look through your second factors.',
      ],
    }),
    de: ({ at, change }) => ({
      subject: changes.de[change],
      paragraphs: [
        `${changes.de[change]}, um ${at}.`,
        'Falls Sie es waren, müssen Sie nichts tun. Falls nicht, kann sich jemand anderes als Sie anmelden: Ändern ' +
          'Sie Ihr Passwort, beenden Sie Ihre anderen Sitzungen und sehen Sie Ihre zweiten Faktoren durch.',
      ],
    }),
  },
})
