/** Opens what orgs depends on and hands it over as one plain object. */
import { randomBytes } from 'node:crypto'
import type { Clock } from '@gatehouse/service-kit/context/clock'
import type { Logger } from '@gatehouse/service-kit/logging/logger'
import { openService, type Service } from '@gatehouse/spine/open-service'
import { createAuthzClient, type AuthzClient } from './clients/authz.ts'
import { createTxtResolver, type ResolveTxt } from './clients/dns.ts'
import { createIdentityClient, type IdentityClient } from './clients/identity.ts'
import type { Config } from './config.ts'
import { limitsOf, type Limits } from './domain/limits.ts'
import { probeSchema } from './store/organizations.ts'

export type Deps = Service<'identity' | 'tokens' | 'authz'> & {
  clients: { identity: IdentityClient; authz: AuthzClient; resolveTxt: ResolveTxt }
  /** Lower-case letters and digits that make a derived slug unlike another. */
  slugSuffix(): string
  limits: Limits
  settings: { deletionGraceSeconds: number }
}

export function openDeps(config: Config, runtime: { log: Logger; clock: Clock }): Deps {
  const service = openService({
    service: 'orgs',
    peers: ['identity', 'tokens', 'authz'],
    config,
    runtime,
    probeSchema,
  })
  return {
    ...service,
    clients: {
      identity: createIdentityClient(service.peers.identity),
      authz: createAuthzClient(service.peers.authz),
      resolveTxt: createTxtResolver({ servers: config.DNS_SERVERS.split(',').filter((server) => server !== '') }),
    },
    slugSuffix: () => randomBytes(3).toString('hex'),
    limits: limitsOf(config),
    settings: { deletionGraceSeconds: config.ORGANIZATION_DELETION_GRACE_SECONDS },
  }
}
