/** The smallest service there can be, as a process under the name of one: for tests of start, readiness and end. */
import Type from 'typebox'
import { serviceConfig } from '../../src/config/fragments.ts'
import { Secret } from '../../src/config/schema.ts'
import { check } from '../../src/health/checks.ts'
import { createBareServer } from '../../src/http/server.ts'
import { runService } from '../../src/lifecycle/run-service.ts'

await runService({
  name: 'orgs',
  config: Type.Object({ ...serviceConfig, TINY_SECRET: Secret({ description: 'A secret.' }) }),
  async start(_config, { log }) {
    const app = createBareServer({ log })
    app.get('/slow', async () => new Promise((resolve) => setTimeout(() => resolve({ done: true }), 300)))
    let isReady = true
    app.get('/break', async () => ({ isReady: (isReady = false) }))
    return {
      app,
      ready: async () => [
        await check('always', () => undefined),
        await check('breakable', () => (isReady ? undefined : Promise.reject(new Error('it was broken')))),
      ],
      close: async () => log.info('closed its connections'),
    }
  },
})
