// The demo of a running platform: made once for each database, and found again with a key for the environment that runs
// now.
import { apiKeyPrefixes } from '@gatehouse/contracts/claims/access-token'
import { gatewayUrl, type PlatformFacts } from '../platform/environment.ts'
import type { Settings } from '../state/settings.ts'
import { nextFreePort } from '../servers/ports.ts'
import { moveApplication } from './application.ts'
import { createClient } from './client.ts'
import type { DemoApplication, DemoRecord } from './demo-record.ts'
import { makeDemoKey, seedDemo, signIn } from './seed.ts'

type Platform = { settings: Settings; facts: PlatformFacts; mailbox: string }

export async function ensureDemo(o: Platform & { note: (text: string) => void }): Promise<DemoRecord> {
  const { settings, facts, mailbox, note } = o
  // A private server's port may change from run to run; its data does not.
  const database = facts.adminUrl.includes('gatehouse_admin') ? 'private' : new URL(facts.adminUrl).host
  const known = settings.demo(database)
  if (known === undefined) {
    const made = await seedDemo({
      gateway: gatewayUrl(facts),
      mailbox,
      admin: facts.admin,
      applicationUrl: `http://127.0.0.1:${await nextFreePort(firstApplicationPort(facts))}`,
      password: settings.password,
      note,
    })
    settings.rememberDemo(database, made)
    return made
  }
  const application = await demoApplication(o, known.application)
  if (application !== known.application) settings.rememberDemo(database, { ...known, application })
  return { ...known, application, api_key: await demoKey(o, { database, known }) }
}

/** Beside the gateway's, so that two platforms of one machine have two. */
function firstApplicationPort({ ports }: Pick<PlatformFacts, 'ports'>): number {
  const { port } = ports.gateway
  return port > 2100 ? port - 1000 : port + 1000
}

/** It may be running on the port it had: that is kept while the gateway has its own. */
async function demoApplication({ facts, mailbox }: Platform, known: DemoApplication): Promise<DemoApplication> {
  const first = firstApplicationPort(facts)
  const port = Number(new URL(known.url).port)
  if (port >= first && port < first + 100) return known
  const client = createClient({ gateway: gatewayUrl(facts), mailbox })
  const { access } = await signIn(client, facts.admin)
  return moveApplication(client, { token: access, known, url: `http://127.0.0.1:${await nextFreePort(first)}` })
}

/** Keys name their environment, so a platform that ran as development and now runs as production has one of each. */
async function demoKey(
  { settings, facts, mailbox }: Platform,
  { database, known }: { database: string; known: DemoRecord },
): Promise<string> {
  if (known.api_key.startsWith(apiKeyPrefixes[facts.mode])) return known.api_key
  const place = `${database} ${facts.mode}`
  const kept = settings.demoKey(place)
  if (kept !== undefined) return kept
  const key = await makeDemoKey({ gateway: gatewayUrl(facts), mailbox, demo: known })
  settings.rememberDemoKey(place, key)
  return key
}
