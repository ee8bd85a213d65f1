/** Tells an operator that an endpoint of the platform is disabled, because nothing could be delivered to it. */
import { WebhookDisabled } from '@gatehouse/contracts/events/workers/webhook'
import { defineMail } from './mail.ts'

export const platformWebhookDisabled = defineMail({
  name: 'platform-webhook-disabled',
  pipeline: 'mail',
  event: WebhookDisabled,
  limit: { count: 10, hours: 24 },
  due: ({ webhook_id, organization_id, made_by }) =>
    made_by === undefined || organization_id !== undefined ? undefined : { webhook_id, user_id: made_by },
  async ask({ identity }, { user_id, webhook_id }) {
    const { email, locale } = await identity.getProfile(user_id)
    return { to: email, locale, values: { webhook_id } }
  },
  sample: { webhook_id: 'whk_00000000000000000000000000' },
  texts: {
    en: ({ webhook_id }) => ({
      subject: 'We disabled a webhook of the platform',
      paragraphs: [
        `Nothing could be delivered to the webhook ${webhook_id} of the platform for a long time, or it answered ` +
          `that it is gone. So we disabled it.`,
        'Once it can receive again, enable it and replay what failed: deliveries are kept for 30 days.',
      ],
    }),
    de: ({ webhook_id }) => ({
      subject: 'Wir haben einen Webhook der Plattform deaktiviert',
      paragraphs: [
        `An den Webhook ${webhook_id} der Plattform konnte lange nichts zugestellt werden, oder er hat geantwortet, ` +
          `dass es ihn nicht mehr gibt. Deshalb haben wir ihn deaktiviert.`,
        'Sobald er wieder empfangen kann, aktivieren Sie ihn und wiederholen Sie, was fehlgeschlagen ist: ' +
          'Zustellungen werden 30 Tage aufbewahrt.',
      ],
    }),
  },
})
