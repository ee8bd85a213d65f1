// The demo of a running platform: made once for each database, and found again with a key for the environment that runs now.
import { apiKeyPrefixes } from '@gatehouse/contracts/claims/access-token'
import { gatewayUrl, type PlatformFacts } from '../platform/environment.ts'
import type { Settings } from '../state/settings.ts'
import type { DemoRecord } from './demo-record.ts'
import { makeDemoKey, seedDemo } from './seed.ts'

type Platform = { settings: Settings; facts: PlatformFacts; mailbox: string }

export async function ensureDemo(o: Platform & { note: (text: string) => void }): Promise<DemoRecord> {
  const { settings, facts, mailbox, note } = o
  // A private server's port may change from run to run; its data does not.
  const database = facts.adminUrl.includes('gatehouse_admin') ? 'private' : new URL(facts.adminUrl).host
  const known = settings.demo(database)
  if (known !== undefined) return { ...known, api_key: await demoKey(o, { database, known }) }
  const made = await seedDemo({
    gateway: gatewayUrl(facts),
    mailbox,
    admin: facts.admin,
    password: settings.password,
    note,
  })
  settings.rememberDemo(database, made)
  return made
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
