/**
 * Passkeys, by status code: made, used as first and as second factor, named, removed; and every kind of tampering
 * refused (WebAuthn level 3 §7.1, §7.2).
 */
import { newId } from '@gatehouse/service-kit/ids/type-id'
import t from 'tap'
import { newEcKeyPair } from '@gatehouse/service-kit/secrets/key-pair'
import { addPasskey, newAuthenticator, optionsFor, signInWith } from '../fixtures/passkeys.ts'
import { issuer, openPlatform } from '../fixtures/platform.ts'
import { challengeOf, enrolled, recoveryCodesOf } from '../fixtures/second-factor.ts'
import { flag, type Bent } from '../fixtures/software-authenticator.ts'

const platform = await openPlatform(t)
const { admin, tokens } = platform
const replica = await platform.replica()
const strong = (userId: string) => tokens.accessTokenFor(userId, { acr: 'aal2' })
const list = async (userId: string) =>
  (await platform.ask(replica, { method: 'GET', url: '/v1/me/passkeys', token: strong(userId) })).body['data'] as {
    id: string
    name: string
    last_used_at: string | null
  }[]
const remove = (userId: string, id: string, token = strong(userId)) =>
  platform.ask(replica, { method: 'DELETE', url: `/v1/me/passkeys/${id}`, token })
const withPasskey = async (counter?: number) => {
  const person = await platform.verified(replica)
  const authenticator = newAuthenticator(counter)
  const { status } = await addPasskey(platform, replica, { person, authenticator })
  t.equal(status, 201)
  return { person, authenticator }
}
const step = (challenge: string, credential: Record<string, unknown>) =>
  platform.ask(replica, { url: '/v1/auth/challenge', body: { challenge, step: 'passkey', credential } })

t.afterEach(() => tokens.refuseWith(undefined))

t.test('making one', async (t) => {
  await t.test('201: options for this person, then the passkey; it is announced and listed', async (t) => {
    const person = await platform.verified(replica)
    const token = tokens.accessTokenFor(person.id)
    const { status, body: options } = await platform.ask(replica, { url: '/v1/me/passkeys/options', token })
    t.equal(status, 200)
    t.match(options, {
      rp: { id: 'gatehouse.test' },
      user: { name: person.email },
      attestation: 'none',
      excludeCredentials: [],
    })
    const credential = newAuthenticator().create(options)
    const made = await platform.ask(replica, { url: '/v1/me/passkeys', body: { credential, name: 'Phone' }, token })
    t.match(made, { status: 201, body: { name: 'Phone', synced: false, last_used_at: null } })
    t.match(await list(person.id), [{ name: 'Phone' }])
    t.ok((await platform.announced(replica, person.id)).includes('factors.changed.v1'))
    const again = await platform.ask(replica, {
      url: '/v1/me/passkeys',
      body: { credential, name: 'x' },
      token: strong(person.id),
    })
    t.match(again, { status: 401, body: { code: 'invalid_passkey' } }, 'its challenge is spent')
    const { body: next } = await platform.ask(replica, { url: '/v1/me/passkeys/options', token: strong(person.id) })
    t.equal((next['excludeCredentials'] as unknown[]).length, 1, 'the same authenticator is not asked twice')
  })

  await t.test('409: a credential that exists, of anybody; 401: a challenge of somebody else', async (t) => {
    const { authenticator } = await withPasskey()
    const other = await platform.verified(replica)
    t.match(await addPasskey(platform, replica, { person: other, authenticator }), {
      status: 409,
      body: { code: 'conflict' },
    })
    const mine = await platform.verified(replica)
    const { body: options } = await platform.ask(replica, { url: '/v1/me/passkeys/options', token: strong(mine.id) })
    const credential = newAuthenticator().create(options)
    const asOther = await platform.ask(replica, {
      url: '/v1/me/passkeys',
      body: { credential, name: 'x' },
      token: strong(other.id),
    })
    t.match(asOther, { status: 401, body: { code: 'invalid_passkey' } })
  })

  await t.test('401: a weak or old sign-in', async (t) => {
    const { person } = await withPasskey()
    const ask = (token: string) => platform.ask(replica, { url: '/v1/me/passkeys/options', token })
    t.match(await ask(tokens.accessTokenFor(person.id)), {
      status: 401,
      body: { code: 'insufficient_user_authentication' },
    })
    t.equal((await ask(tokens.accessTokenFor(person.id, { acr: 'aal2', auth_time: 1 }))).status, 401)
    t.equal((await ask(strong(person.id))).status, 200)
  })

  const bends: [string, Bent][] = [
    ['another origin', { origin: 'https://evil.example' }],
    ['another site’s RP ID', { rpId: 'evil.example' }],
    ['an invented challenge', { challenge: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' }],
    ['an assertion’s type', { type: 'webauthn.get' }],
    ['within another origin’s frame', { crossOrigin: true }],
    ['with a top origin', { topOrigin: 'https://evil.example' }],
    ['without presence', { flags: flag.attested }],
    ['backed up without being eligible', { flags: flag.userPresent | flag.attested | flag.backedUp }],
    ['without attested data', { flags: flag.userPresent }],
    ['another identifier', { id: 'AAAAAAAAAAAAAAAAAAAAAA' }],
  ]
  for (const [name, bent] of bends)
    await t.test(`401: ${name}`, async (t) => {
      const person = await platform.verified(replica)
      const made = await addPasskey(platform, replica, { person, authenticator: newAuthenticator(), bent })
      t.match(made, { status: 401, body: { code: 'invalid_passkey' } })
      t.same(await list(person.id), [])
    })
})

t.test('as the first factor', async (t) => {
  await t.test('200: no address and no password; the session is a strong one', async (t) => {
    const { person, authenticator } = await withPasskey()
    const organization_id = newId('org')
    const answer = await signInWith(platform, replica, { authenticator, more: { organization_id } })
    t.match(answer, { status: 200, body: { status: 'authenticated', user: { id: person.id } } })
    t.ok(answer.headers['gatehouse-device'])
    t.match(tokens.asked.at(-1), { user_id: person.id, amr: ['pop', 'user', 'mfa'], organization_id })
    t.ok((await list(person.id))[0]?.last_used_at)
    t.equal(
      (await signInWith(platform, replica, { authenticator, bent: { userHandle: null } })).status,
      200,
      'no user handle',
    )
  })

  await t.test('401: a challenge works once, and only for what it was given out for', async (t) => {
    const { person, authenticator } = await withPasskey()
    const credential = authenticator.get(await optionsFor(platform, replica))
    const use = (given: object) => platform.ask(replica, { url: '/v1/auth/passkey', body: { credential: given } })
    t.equal((await use(credential)).status, 200)
    t.match(await use(credential), { status: 401, body: { code: 'invalid_passkey' } })
    const ofStep = await optionsFor(platform, replica, await challengeOf(platform, replica, person))
    t.equal((await use(authenticator.get(ofStep))).status, 401)
    const { body: ofRegistration } = await platform.ask(replica, {
      url: '/v1/me/passkeys/options',
      token: strong(person.id),
    })
    t.equal((await use(authenticator.get({ ...ofRegistration, rpId: 'gatehouse.test' }))).status, 401)
    const late = await optionsFor(platform, replica)
    await admin`update passkey_challenges set expires_at = now() - interval '1 second'`
    t.equal((await use(authenticator.get(late))).status, 401)
  })

  await t.test('401: a stranger’s credential, a person who may not sign in, a removed passkey', async (t) => {
    t.equal(
      (await signInWith(platform, replica, { authenticator: newAuthenticator(), bent: { userHandle: null } })).status,
      401,
    )
    const disabled = await withPasskey()
    await admin`update users set status = 'disabled' where id = (select user_id from emails
      where address = ${disabled.person.email})`
    t.equal((await signInWith(platform, replica, disabled)).status, 401)
    const { person, authenticator } = await withPasskey()
    const [passkey] = await list(person.id)
    t.equal((await remove(person.id, passkey?.id ?? '')).status, 204)
    t.equal((await signInWith(platform, replica, { authenticator })).status, 401)
  })

  const { privateKey: stranger } = newEcKeyPair()
  const bends: [string, Bent][] = [
    ['another origin', { origin: 'https://evil.example' }],
    ['a subdomain', { origin: issuer.replace('://', '://x.') }],
    ['without TLS', { origin: issuer.replace('https', 'http') }],
    ['another site’s RP ID', { rpId: 'evil.example' }],
    ['an invented challenge', { challenge: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' }],
    ['a registration’s type', { type: 'webauthn.create' }],
    ['within another origin’s frame', { crossOrigin: true }],
    ['with a top origin', { topOrigin: 'https://evil.example' }],
    ['the person not verified, when alone', { flags: flag.userPresent }],
    ['nobody present', { flags: flag.userVerified }],
    ['backed up without being eligible', { flags: flag.userPresent | flag.userVerified | flag.backedUp }],
    ['another key', { signWith: stranger }],
    ['changed authenticator data', { tamper: 'authenticatorData' }],
    ['changed client data', { tamper: 'clientData' }],
    ['a changed signature', { tamper: 'signature' }],
    ['another person’s user handle', { userHandle: 'AAAAAAAAAAAAAAAAAAAAAA' }],
  ]
  const honest = await withPasskey()
  for (const [name, bent] of bends)
    await t.test(`401: ${name}`, async (t) => {
      const asked = tokens.asked.length
      t.match(await signInWith(platform, replica, { ...honest, bent }), {
        status: 401,
        body: { code: 'invalid_passkey' },
      })
      t.equal(tokens.asked.length, asked)
    })
  await t.test('200: the same passkey, unbent', async (t) => {
    t.equal((await signInWith(platform, replica, honest)).status, 200)
  })

  await t.test('400: what is no credential', async (t) => {
    const { authenticator } = honest
    const credential = authenticator.get(await optionsFor(platform, replica))
    for (const bad of [
      {},
      { ...credential, type: 'password' },
      { ...credential, id: '' },
      { ...credential, response: {} },
      'x',
    ])
      t.equal((await platform.ask(replica, { url: '/v1/auth/passkey', body: { credential: bad } })).status, 400)
  })
})

t.test('counters', async (t) => {
  await t.test('401 and an alarm: a copied credential whose counter has not moved on', async (t) => {
    const { person, authenticator } = await withPasskey(5)
    const copy = authenticator.copy()
    t.equal((await signInWith(platform, replica, { authenticator })).status, 200)
    t.equal((await signInWith(platform, replica, { authenticator })).status, 200)
    const alarms = async () =>
      (await platform.announced(replica, person.id)).filter((type) => type.includes('counter_regressed')).length
    t.equal(
      (
        await signInWith(platform, replica, {
          authenticator: copy,
          bent: { counter: 1, signWith: newEcKeyPair().privateKey },
        })
      ).status,
      401,
    )
    t.equal(await alarms(), 0, 'whoever has not the key raises none')
    t.match(await signInWith(platform, replica, { authenticator: copy }), {
      status: 401,
      body: { code: 'invalid_passkey' },
    })
    t.equal(await alarms(), 1)
    t.equal((await signInWith(platform, replica, { authenticator, bent: { counter: 0 } })).status, 401, 'back to none')
    t.equal((await signInWith(platform, replica, { authenticator })).status, 200, 'the original goes on')
  })

  await t.test('200: one that counts nothing', async (t) => {
    const { authenticator } = await withPasskey()
    for (let use = 0; use < 3; use += 1) t.equal((await signInWith(platform, replica, { authenticator })).status, 200)
  })
})

t.test('as the second factor', async (t) => {
  await t.test('200: after the password, also without verification; offered before the app', async (t) => {
    const { person, authenticator } = await withPasskey()
    const { body } = await platform.ask(replica, {
      url: '/v1/auth/login',
      body: { email: person.email, password: person.password },
    })
    t.match(body, { status: 'challenge', next: ['passkey'] })
    const challenge = String(body['challenge'])
    const options = await optionsFor(platform, replica, challenge)
    t.equal((options['allowCredentials'] as unknown[]).length, 1)
    const credential = authenticator.get(options, { flags: flag.userPresent })
    t.match(await step(challenge, credential), { status: 200, body: { status: 'authenticated' } })
    t.match(tokens.asked.at(-1), { amr: ['pwd', 'pop', 'user', 'mfa'] })
  })

  await t.test('401: a challenge of another sign-in, of the first factor, another person’s passkey', async (t) => {
    const [one, other] = [await withPasskey(), await withPasskey()]
    const challenge = await challengeOf(platform, replica, one.person)
    const another = await challengeOf(platform, replica, one.person)
    const ofAnother = await optionsFor(platform, replica, another)
    t.match(await step(challenge, one.authenticator.get(ofAnother)), { status: 401, body: { code: 'invalid_code' } })
    t.equal((await step(challenge, one.authenticator.get(await optionsFor(platform, replica)))).status, 401)
    t.equal(
      (await step(challenge, other.authenticator.get(await optionsFor(platform, replica, challenge)))).status,
      401,
    )
    t.equal((await step(another, one.authenticator.get(ofAnother))).status, 200)
  })

  await t.test('400, 409: options for what is no sign-in, or waits for no passkey', async (t) => {
    const ask = (challenge: string) => platform.ask(replica, { url: '/v1/auth/passkey/options', body: { challenge } })
    t.match(await ask('gthc_x'), { status: 400, body: { code: 'invalid_token' } })
    const withApp = await enrolled(platform, replica)
    t.match(await ask(await challengeOf(platform, replica, withApp)), {
      status: 409,
      body: { code: 'step_unavailable' },
    })
    const challenge = await challengeOf(platform, replica, withApp)
    t.equal(
      (await platform.ask(replica, { url: '/v1/auth/challenge', body: { challenge, step: 'passkey' } })).status,
      400,
    )
  })
})

t.test('keeping several', async (t) => {
  await t.test('200: named, renamed; somebody else’s is the 404 of a missing one', async (t) => {
    const { person } = await withPasskey()
    await addPasskey(platform, replica, { person, authenticator: newAuthenticator(), name: 'Key ring' })
    const [first, second] = await list(person.id)
    t.equal(second?.name, 'Key ring')
    const rename = (userId: string, id: string) =>
      platform.ask(replica, {
        method: 'PATCH',
        url: `/v1/me/passkeys/${id}`,
        body: { name: 'Desk' },
        token: strong(userId),
      })
    t.match(await rename(person.id, first?.id ?? ''), { status: 200, body: { name: 'Desk' } })
    const stranger = await platform.verified(replica)
    for (const id of [first?.id ?? '', newId('pky'), 'x']) {
      t.equal((await rename(stranger.id, id)).status, 404)
      t.equal((await remove(stranger.id, id)).status, 404)
    }
    t.equal((await list(person.id)).length, 2)
  })

  await t.test('409: at most twenty', async (t) => {
    const person = await platform.verified(replica)
    for (let made = 0; made < 20; made += 1)
      t.equal((await addPasskey(platform, replica, { person, authenticator: newAuthenticator() })).status, 201)
    t.match(await platform.ask(replica, { url: '/v1/me/passkeys/options', token: strong(person.id) }), {
      status: 409,
      body: { code: 'limit_reached' },
    })
  })

  await t.test('409: the last way to sign in stays; with the last second factor the recovery codes go', async (t) => {
    const { person, authenticator } = await withPasskey()
    await recoveryCodesOf(platform, replica, person)
    await addPasskey(platform, replica, { person, authenticator: newAuthenticator() })
    const [first, second] = await list(person.id)
    t.equal((await remove(person.id, second?.id ?? '', tokens.accessTokenFor(person.id))).status, 401, 'a weak sign-in')
    t.equal((await remove(person.id, second?.id ?? '')).status, 204)
    const factors = async () =>
      (await platform.ask(replica, { method: 'GET', url: '/v1/me/mfa', token: strong(person.id) })).body
    t.match(await factors(), { passkeys: { count: 1 }, recovery_codes: { left: 10 } })
    await admin`delete from credentials where user_id = (select user_id from emails where address = ${person.email})`
    t.match(await remove(person.id, first?.id ?? ''), { status: 409, body: { code: 'last_way_in' } })
    t.equal((await signInWith(platform, replica, { authenticator })).status, 200)
    const withPassword = await withPasskey()
    await recoveryCodesOf(platform, replica, withPassword.person)
    const [only] = await list(withPassword.person.id)
    t.equal((await remove(withPassword.person.id, only?.id ?? '')).status, 204)
    t.equal(
      (
        await admin`select 1 from recovery_codes c join emails e on e.user_id = c.user_id
          where e.address = ${withPassword.person.email}`
      ).length,
      0,
    )
  })
})
