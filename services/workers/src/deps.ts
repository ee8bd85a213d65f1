/** Opens what workers depends on and hands it over as one plain object. Holds no grant on any schema but its own. */
import type { Clock } from '@gatehouse/service-kit/context/clock'
import type { Logger } from '@gatehouse/service-kit/logging/logger'
import type { SpineClient } from '@gatehouse/spine/follow/spine-client'
import { watchDependency } from '@gatehouse/service-kit/health/dependency'
import { connectRedis } from '@gatehouse/service-kit/redis/connect'
import { openService, type Service } from '@gatehouse/spine/open-service'
import { createLocalClient } from '@gatehouse/spine/produce/producer'
import { createAuthzClient, type AuthzClient } from './clients/authz.ts'
import { createIdentityClient, type IdentityClient } from './clients/identity.ts'
import { createOrgsClient, type OrgsClient } from './clients/orgs.ts'
import { createTokensClient, type TokensClient } from './clients/tokens.ts'
import type { Config } from './config.ts'
import type { Locale } from './mails/locale.ts'
import type { MailStyle } from './mails/mail.ts'
import { createAuditSigner, type AuditSigner } from './providers/audit-signer.ts'
import { openMailTemplates } from './providers/mail-templates.ts'
import { openWebhooks, type Webhooks } from './providers/webhooks.ts'
import { createSmtpMailer, type Mailer } from './providers/smtp.ts'
import { createWhereabouts, type Whereabouts } from './providers/whereabouts.ts'
import { probeSchema } from './store/audit-events.ts'
import { createNotificationFeed, type NotificationFeed } from './use-cases/notifications/notification-feed.ts'

type Peer = 'identity' | 'tokens' | 'orgs' | 'authz'

export type Deps = Omit<Service<Peer>, 'feeds'> & {
  /** What its neighbours announce, and what workers does itself. */
  feeds: Readonly<Record<Peer | 'workers', SpineClient>>
  clients: { identity: IdentityClient; orgs: OrgsClient; authz: AuthzClient; tokens: TokensClient }
  mailer: Mailer
  webhooks: Webhooks
  whereabouts: Whereabouts
  auditSigner: AuditSigner
  notificationFeed: NotificationFeed
  publicUrl: string
  mailStyle: MailStyle
  /** The language of what is said to people whose own is not known. */
  mailLocale: Locale
}

/**
 * Neither Redis nor the mail server is a reason not to be ready: without them jobs wait in the ledger and everything
 * else works. Redis is watched, so that its loss is seen.
 */
export function openDeps(config: Config, runtime: { log: Logger; clock: Clock }): Deps {
  const service = openService({
    service: 'workers',
    peers: ['identity', 'tokens', 'orgs', 'authz'],
    config,
    runtime,
    probeSchema,
  })
  const redis = connectRedis({ url: config.REDIS_URL, name: 'workers', log: runtime.log })
  const redisWatch = watchDependency({ name: 'redis', probe: redis.ping, log: runtime.log })
  const webhooks = openWebhooks(config)
  const notificationFeed = createNotificationFeed({ system: service.system, log: runtime.log })
  const mailer = createSmtpMailer({ url: config.SMTP_URL, from: config.MAIL_FROM })
  return {
    ...service,
    feeds: { ...service.feeds, workers: createLocalClient({ ...service, snapshots: {} }) },
    clients: {
      identity: createIdentityClient(service.peers.identity),
      orgs: createOrgsClient(service.peers.orgs),
      authz: createAuthzClient(service.peers.authz),
      tokens: createTokensClient(service.peers.tokens),
    },
    mailer,
    webhooks,
    whereabouts: createWhereabouts(webhooks.envelope),
    auditSigner: createAuditSigner(config.SERVICE_PRIVATE_KEY),
    notificationFeed,
    publicUrl: config.PUBLIC_URL,
    mailLocale: config.MAIL_LOCALE,
    mailStyle: { defaultLocale: config.MAIL_LOCALE, templates: openMailTemplates(config.MAIL_TEMPLATES_FOLDER) },
    ready: () => service.ready([redisWatch.check()]),
    close: async () => {
      notificationFeed.close()
      mailer.close()
      redisWatch.stop()
      await redis.close()
      await webhooks.sender.close()
      await service.close()
    },
  }
}
