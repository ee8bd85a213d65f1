/** Starts orgs: configuration, dependencies, server; the kit does signals, health and drain. */
import { UserErased } from '@gatehouse/contracts/events/identity/user'
import { createConsumer } from '@gatehouse/spine/consume/consumer'
import { complaintsAboutKeys } from '@gatehouse/access/tokens/service-keys'
import { createUpkeep } from '@gatehouse/service-kit/concurrency/background'
import { createBudgetUpkeep } from '@gatehouse/service-kit/postgres/budgets'
import { runService } from '@gatehouse/service-kit/lifecycle/run-service'
import { buildApp } from './app.ts'
import { config } from './config.ts'
import { openDeps } from './deps.ts'
import { deleteDueOrganizations } from './use-cases/delete-organization.ts'
import { deleteOldInvitations } from './use-cases/delete-old-invitations.ts'
import { checkDueDomains } from './use-cases/domains/check-domains.ts'
import { captureEffects, joinCaptured, provingEvents } from './use-cases/domains/join-captured.ts'
import { erasureEffects } from './use-cases/erase-person.ts'

const upkeepMs = 3_600_000
const deletionMs = 60_000
const domainsMs = 60_000
const captureMs = 2000

await runService({
  name: 'orgs',
  config,
  inspect: (values) => complaintsAboutKeys('orgs', values),
  async start(settings, runtime) {
    const deps = openDeps(settings, runtime)
    return {
      app: buildApp(deps),
      ready: () => deps.ready(),
      background: [
        deps.spine,
        createConsumer({
          ...deps,
          ...erasureEffects,
          producers: [{ name: 'identity', client: deps.feeds.identity }],
          subjects: [UserErased.type],
        }),
        createConsumer({
          ...deps,
          ...captureEffects,
          producers: [{ name: 'identity', client: deps.feeds.identity }],
          subjects: provingEvents,
        }),
        createUpkeep({
          name: 'people of captured domains',
          run: () => joinCaptured(deps),
          everyMs: captureMs,
          log: deps.log,
        }),
        createBudgetUpkeep({ db: deps.system, log: deps.log }),
        createUpkeep({
          name: 'old invitations',
          run: () => deleteOldInvitations(deps),
          everyMs: upkeepMs,
          log: deps.log,
        }),
        createUpkeep({
          name: 'domains to check',
          run: () => checkDueDomains(deps),
          everyMs: domainsMs,
          log: deps.log,
        }),
        createUpkeep({
          name: 'organizations to delete',
          run: () => deleteDueOrganizations(deps),
          everyMs: deletionMs,
          log: deps.log,
        }),
      ],
      close: deps.close,
    }
  },
})
