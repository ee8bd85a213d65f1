/**
 * What the code flow with a live session costs, step by step: statements and round trips, counted on the wire. A rise
 * is a regression, whatever the clock says.
 */
import { adminUrl } from '@gatehouse/test-kit/database'
import { systemClock } from '@gatehouse/service-kit/context/clock'
import { startStatementCounter } from '@gatehouse/test-kit/statement-counter'
import t from 'tap'
import { boundBrowser, cookieOf, visit } from '../fixtures/browsers.ts'
import { askProtocol, basic, callback, form, registered, signedIn } from '../fixtures/openid.ts'
import { openPlatform } from '../fixtures/platform.ts'

const counter = await startStatementCounter(t, adminUrl())
const platform = await openPlatform(t, { through: counter.through })
const replica = await platform.replica(systemClock, true)
await Promise.all(Object.values(replica.deps.following).map((one) => one.pollNow()))
const client = await registered(platform, replica, { first_party: true })
const ada = await signedIn(platform, replica)
const cookie = cookieOf(await boundBrowser(platform, replica, ada.token))

type Flow = { code: string; verifier: string }

async function authorize(): Promise<Flow> {
  const { at, verifier } = await visit(platform, replica, { clientId: client.id, cookie })
  const code = at.searchParams.get('code')
  if (code === null) throw new Error(`the browser was sent to ${at.href}`)
  return { code, verifier }
}

async function redeem({ code, verifier }: Flow): Promise<string> {
  const grant = { grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: callback }
  const { statusCode, body } = await askProtocol(platform, replica, {
    url: '/oauth2/token',
    form: form(grant),
    authorization: basic(client),
  })
  if (statusCode !== 200) throw new Error(body)
  return (JSON.parse(body) as { access_token: string }).access_token
}

t.test('a browser that is let through: the code and the life of its session are one statement', async (t) => {
  const { statements, roundTrips, parses, texts } = await counter.whenKnown(authorize)
  t.equal(statements, 11, texts.join('\n'))
  t.equal(roundTrips, 10)
  t.equal(parses, 0)
})

t.test('a code exchanged for tokens: one transaction', async (t) => {
  const codes = await Promise.all(Array.from({ length: 60 }, authorize))
  const { statements, texts } = await counter.whenKnown(async () => void (await redeem(codes.pop() as Flow)))
  const ofRequest = texts.filter((text) => !text.includes('sequence_outbox'))
  t.ok(ofRequest.length <= 15 && statements <= 16, texts.join('\n'))
  t.equal(ofRequest.filter((text) => text === 'begin').length, 1)
})

t.test('userinfo: who it is, and the name of the organization', async (t) => {
  const access = await redeem(await authorize())
  const { statements, roundTrips, texts } = await counter.whenKnown(() =>
    askProtocol(platform, replica, { url: '/oauth2/userinfo', authorization: `Bearer ${access}` }),
  )
  t.equal(statements, 2, texts.join('\n'))
  t.equal(roundTrips, 2)
})
