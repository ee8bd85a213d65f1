/** Every kind of notification: whether it can be turned off, and what it says in each language. */
import type { NotificationKind } from '@gatehouse/contracts/http/workers/notifications'
import type { AlertRule } from '@gatehouse/contracts/http/workers/security-alerts'
import type { Locale } from '../mails/locale.ts'

/** Ids and facts of the event, as the notification keeps them. */
export type Facts = Readonly<Record<string, unknown>>

type Title = (facts: Facts) => string
type Kind = { required: boolean; title: Readonly<Record<Locale, Title>> }

/** The text for the value of `fact`, else the text for any other. */
const by =
  (fact: string, texts: Readonly<Record<string, string>>, other: string): Title =>
  (facts) =>
    texts[String(facts[fact])] ?? other

const always =
  (text: string): Title =>
  () =>
    text

/** The text for what happens in an organization, else the text for what happens to the platform. */
const ofOrganization =
  (inOne: string, inNone: string): Title =>
  ({ organization_id: organizationId }) =>
    organizationId === undefined ? inNone : inOne

const alerts: Readonly<Record<Locale, Readonly<Record<AlertRule, string>>>> = {
  en: {
    refresh_token_reused: 'One of your sessions was used from two places and was ended',
    passkey_copied: 'A copy of one of your passkeys was refused',
    right_password_while_locked: 'Your password was used while sign-in was held up',
    sign_in_locked: 'Many wrong passwords were tried for your account',
    success_after_failures: 'Somebody signed in to your account after many wrong passwords',
    new_device: 'Your account was used from a new device',
    second_factor_removed: 'A second factor was removed from your account',
    guessing_from_one_source: 'One address tried the passwords of many people',
    api_key_created: 'A new API key was made',
    api_key_expiring: 'An API key expires soon',
    api_key_maker_left: 'Somebody who made API keys is gone, and the keys still work',
    owner_changed: 'An owner was changed',
  },
  de: {
    refresh_token_reused: 'Eine Ihrer Sitzungen wurde an zwei Orten benutzt und beendet',
    passkey_copied: 'Eine Kopie eines Ihrer Passkeys wurde abgewiesen',
    right_password_while_locked: 'Ihr Passwort wurde benutzt, während die Anmeldung gesperrt war',
    sign_in_locked: 'Für Ihr Konto wurden viele falsche Passwörter versucht',
    success_after_failures: 'Nach vielen falschen Passwörtern hat sich jemand an Ihrem Konto angemeldet',
    new_device: 'Ihr Konto wurde von einem neuen Gerät benutzt',
    second_factor_removed: 'Ein zweiter Faktor wurde aus Ihrem Konto entfernt',
    guessing_from_one_source: 'Von einer Adresse wurden die Passwörter vieler Menschen versucht',
    api_key_created: 'Ein neuer API-Schlüssel wurde erstellt',
    api_key_expiring: 'Ein API-Schlüssel läuft bald ab',
    api_key_maker_left: 'Wer API-Schlüssel erstellt hat, ist nicht mehr da; die Schlüssel gelten weiter',
    owner_changed: 'Die Eigentümer wurden geändert',
  },
}

/** What each rule of alerts found. */
export const alertTitles: Readonly<Record<Locale, Title>> = {
  en: by('rule', alerts.en, 'Something deserves a look'),
  de: by('rule', alerts.de, 'Etwas sollten Sie ansehen'),
}

const kinds: Readonly<Record<NotificationKind, Kind>> = {
  'account.password_changed': {
    required: true,
    title: { en: always('Your password was changed'), de: always('Ihr Passwort wurde geändert') },
  },
  'account.email_changed': {
    required: true,
    title: {
      en: by('via', { undoing: 'The change of your address was undone' }, 'Your address was changed'),
      de: by('via', { undoing: 'Die Änderung Ihrer Adresse wurde rückgängig gemacht' }, 'Ihre Adresse wurde geändert'),
    },
  },
  'account.factors_changed': {
    required: true,
    title: {
      en: by(
        'change',
        {
          totp_added: 'An authenticator app was added to your account',
          totp_removed: 'The authenticator app was removed from your account',
          passkey_added: 'A passkey was added to your account',
          passkey_removed: 'A passkey was removed from your account',
          recovery_codes_replaced: 'New recovery codes were made for your account',
          reset: 'An operator removed the second factors of your account',
        },
        'Your second factors were changed',
      ),
      de: by(
        'change',
        {
          totp_added: 'Ihrem Konto wurde eine Authenticator-App hinzugefügt',
          totp_removed: 'Die Authenticator-App wurde aus Ihrem Konto entfernt',
          passkey_added: 'Ihrem Konto wurde ein Passkey hinzugefügt',
          passkey_removed: 'Ein Passkey wurde aus Ihrem Konto entfernt',
          recovery_codes_replaced: 'Für Ihr Konto wurden neue Wiederherstellungscodes erstellt',
          reset: 'Die zweiten Faktoren Ihres Kontos wurden vom Betreiber entfernt',
        },
        'Ihre zweiten Faktoren wurden geändert',
      ),
    },
  },
  'account.recovery_code_used': {
    required: true,
    title: {
      en: ({ left }) => `A recovery code was used to sign in; ${String(left)} are left`,
      de: ({ left }) => `Mit einem Wiederherstellungscode wurde angemeldet; ${String(left)} sind übrig`,
    },
  },
  'account.impersonated': {
    required: true,
    title: { en: always('An operator looks at your account'), de: always('Ein Betreiber sieht Ihr Konto ein') },
  },
  'account.deletion_requested': {
    required: true,
    title: { en: always('Your account will be deleted'), de: always('Ihr Konto wird gelöscht') },
  },
  'account.application_allowed': {
    required: false,
    title: {
      en: always('You allowed an application access to your account'),
      de: always('Sie haben einer Anwendung Zugriff auf Ihr Konto erlaubt'),
    },
  },
  'security.alert': {
    required: true,
    title: { en: (facts) => alertTitles.en(facts), de: (facts) => alertTitles.de(facts) },
  },
  'membership.joined': {
    required: false,
    title: { en: always('You joined an organization'), de: always('Sie sind einer Organisation beigetreten') },
  },
  'membership.removed': {
    required: false,
    title: {
      en: always('You no longer belong to an organization'),
      de: always('Sie gehören einer Organisation nicht mehr an'),
    },
  },
  'membership.ownership_changed': {
    required: false,
    title: {
      en: by('is_owner', { true: 'You own an organization now' }, 'You no longer own an organization'),
      de: by('is_owner', { true: 'Ihnen gehört jetzt eine Organisation' }, 'Ihnen gehört eine Organisation nicht mehr'),
    },
  },
  'membership.status_changed': {
    required: false,
    title: {
      en: by('status', { suspended: 'An organization suspended you' }, 'An organization let you in again'),
      de: by('status', { suspended: 'Eine Organisation hat Sie gesperrt' }, 'Eine Organisation lässt Sie wieder ein'),
    },
  },
  'membership.roles_changed': {
    required: false,
    title: {
      en: always('Your roles in an organization were changed'),
      de: always('Ihre Rollen in einer Organisation wurden geändert'),
    },
  },
  'access_request.created': {
    required: false,
    title: {
      en: always('Somebody asks for access to an organization of yours'),
      de: always('Jemand bittet um Zugang zu einer Ihrer Organisationen'),
    },
  },
  'access_request.answered': {
    required: false,
    title: {
      en: by('answer', { approved: 'The access you asked for was given' }, 'The access you asked for was not given'),
      de: by(
        'answer',
        { approved: 'Der Zugang, um den Sie baten, wurde gewährt' },
        'Der Zugang, um den Sie baten, wurde nicht gewährt',
      ),
    },
  },
  'webhook.disabled': {
    required: false,
    title: {
      en: ofOrganization('We disabled one of your webhooks', 'We disabled a webhook of the platform'),
      de: ofOrganization('Einer Ihrer Webhooks wurde deaktiviert', 'Ein Webhook der Plattform wurde deaktiviert'),
    },
  },
}

/** In the order in which lists show them. */
export const allKinds = Object.keys(kinds) as NotificationKind[]

export const isRequired = (kind: NotificationKind): boolean => kinds[kind].required

export const titleOf = (o: { kind: NotificationKind; data: Facts }, locale: Locale): string =>
  kinds[o.kind].title[locale](o.data)
