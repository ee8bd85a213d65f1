/** Starts workers: configuration, dependencies, server, pipelines; the kit does signals, health and drain. */
import { complaintsAboutKeys } from '@gatehouse/access/tokens/service-keys'
import { createBudgetUpkeep } from '@gatehouse/service-kit/postgres/budgets'
import { createDeadLetters } from '@gatehouse/spine/dead-letters/dead-letters'
import { runService } from '@gatehouse/service-kit/lifecycle/run-service'
import { buildApp } from './app.ts'
import { background } from './background.ts'
import { deadLettersOfAll } from './clients/dead-letters.ts'
import { config } from './config.ts'
import { openDeps } from './deps.ts'
import { allEffects } from './events/subscriptions.ts'
import { readMailTemplates } from './providers/mail-templates.ts'

const complaintsAboutMails = ({ MAIL_TEMPLATES_FOLDER: folder }: Record<string, unknown>): string[] =>
  readMailTemplates(typeof folder === 'string' ? folder : undefined).complaints

await runService({
  name: 'workers',
  config,
  inspect: (values) => [...complaintsAboutKeys('workers', values), ...complaintsAboutMails(values)],
  async start(settings, runtime) {
    const deps = openDeps(settings, runtime)
    const own = createDeadLetters({ ...deps, consumers: allEffects(deps) })
    return {
      app: buildApp({ ...deps, deadLetters: deadLettersOfAll(deps, own) }),
      ready: () => deps.ready(),
      background: [...background(deps, settings), createBudgetUpkeep({ db: deps.system, log: deps.log })],
      close: deps.close,
    }
  },
})
