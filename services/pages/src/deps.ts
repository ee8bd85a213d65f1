/**
 * Opens what the pages depend on and hands it over as one plain object: the neighbours, a key for cookies, two files.
 */
import { readFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import type { ServiceName } from '@gatehouse/contracts/common/services'
import { createServiceClient, type ServiceClient } from '@gatehouse/access/call/service-client'
import type { AssertionVerifier } from '@gatehouse/access/tokens/assertion'
import { loadServiceKeys } from '@gatehouse/access/tokens/service-keys'
import type { Clock } from '@gatehouse/service-kit/context/clock'
import type { Logger } from '@gatehouse/service-kit/logging/logger'
import { createCookieSeal, type CookieSeal } from './browser/seal.ts'
import type { Config } from './config.ts'
import { patient } from './serve/patient-client.ts'

export type Asset = { body: string; type: string; version: string }

export type Deps = {
  log: Logger
  clock: Clock
  /** Public address of the platform. */
  issuer: string
  /** Where forms may come from. */
  origins: readonly string[]
  assertions: AssertionVerifier
  identity: ServiceClient
  tokens: ServiceClient
  orgs: ServiceClient
  authz: ServiceClient
  workers: ServiceClient
  /** Whether a mailed code is offered in place of a password. */
  offersEmailCodes: boolean
  seal: CookieSeal
  assets: Readonly<Record<'style' | 'script', Asset>>
  close(): Promise<void>
}

export function openDeps(config: Config, runtime: { log: Logger; clock: Clock }): Deps {
  const { log, clock } = runtime
  const { signer, verifier: assertions } = loadServiceKeys('pages', config)
  const client = (target: ServiceName, baseUrl: string): ServiceClient =>
    patient(createServiceClient({ self: 'pages', target, baseUrl, signer, log }))
  const identity = client('identity', config.IDENTITY_URL)
  const tokens = client('tokens', config.TOKENS_URL)
  const orgs = client('orgs', config.ORGS_URL)
  const authz = client('authz', config.AUTHZ_URL)
  const workers = client('workers', config.WORKERS_URL)
  return {
    log,
    clock,
    issuer: config.GATEHOUSE_ISSUER,
    origins: [config.GATEHOUSE_ISSUER, config.PUBLIC_URL].map((url) => new URL(url).origin),
    assertions,
    identity,
    tokens,
    orgs,
    authz,
    workers,
    offersEmailCodes: config.IDENTITY_EMAIL_CODES === 'on',
    seal: createCookieSeal(config.PAGES_COOKIE_KEY, clock),
    assets: { style: asset('pages.css', 'text/css'), script: asset('passkey.js', 'text/javascript') },
    close: async () => {
      await Promise.allSettled([identity, tokens, orgs, authz, workers].map((neighbour) => neighbour.close()))
    },
  }
}

/** Its address carries what it is, so that browsers keep it until it changes. */
function asset(name: string, type: string): Asset {
  const body = readFileSync(new URL(`../assets/${name}`, import.meta.url), 'utf8')
  const version = createHash('sha256').update(body).digest('base64url').slice(0, 12)
  return { body, type: `${type}; charset=utf-8`, version }
}
