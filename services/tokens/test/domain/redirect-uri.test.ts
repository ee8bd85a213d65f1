/** Redirect URIs: what may be registered, what matches, how an answer is written into one. */
import fc from 'fast-check'
import '@gatehouse/test-kit/fixed-seed'
import t from 'tap'
import { answerAddress, complaintAboutRedirectUri, isRegistered } from '../../src/domain/oauth/redirect-uri.ts'

t.test('what may be registered', async (t) => {
  for (const good of [
    'https://app.example/callback',
    'https://app.example',
    'https://app.example/cb?tenant=a&x=%20',
    'https://app.example:8443/cb;v=1',
    'http://127.0.0.1/cb',
    'http://127.0.0.1:3000/cb',
    'http://[::1]/cb',
    'http://localhost:3000/cb',
    'com.example.app:/oauth2redirect',
  ])
    t.equal(complaintAboutRedirectUri(good), undefined, good)
  for (const bad of [
    'http://app.example/cb',
    'https://app.example/cb#f',
    'https://app.example/cb#',
    'https://user@app.example/cb',
    'https://user:pw@app.example/cb',
    'https://app.example/a/../b',
    'https://app.example/a/./b',
    'https://app.example/a/%2e%2e/b',
    'https://APP.example/cb',
    'https://app.example:443/cb',
    'HTTPS://app.example/cb',
    'https://app.example\\@evil.example/cb',
    'https://app.example/c b',
    'https://app.example/cb?code=1',
    'https://app.example/cb?x=1&state=s',
    'https://app.example/cb?iss=x',
    'https://bücher.example/cb',
    'javascript:alert(1)',
    'data:text/html,x',
    'myapp:/cb',
    '/callback',
    '//app.example/cb',
    'https://',
    'https:app.example/cb',
    'https:///app.example/cb',
    `https://app.example/${'a'.repeat(2000)}`,
    'https://*.example/cb',
    '',
  ])
    t.type(complaintAboutRedirectUri(bad), 'string', bad.slice(0, 80))
})

t.test(
  'only what was registered matches, character by character; of a loopback address the port may differ',
  async (t) => {
    const registered = [
      'https://app.example/cb',
      'http://127.0.0.1/cb?x=1',
      'http://[::1]:3000/cb',
      'http://localhost:3000/cb',
    ]
    for (const good of [...registered, 'http://127.0.0.1:51004/cb?x=1', 'http://[::1]/cb', 'http://[::1]:65535/cb'])
      t.ok(isRegistered(registered, good), good)
    for (const bad of [
      'https://app.example/cb/',
      'https://app.example/cb?',
      'https://app.example/cb#',
      'https://app.example/cb;x',
      'https://app.example/x/../cb',
      'https://app.example/%63b',
      'https://app.example/cB',
      'https://App.example/cb',
      'https://app.example:443/cb',
      'https://app.example:8443/cb',
      'https://app.example@evil.example/cb',
      'https://app.example.evil.example/cb',
      'http://app.example/cb',
      'http://127.0.0.1:51004/cb',
      'http://127.0.0.1:51004/cb?x=1#',
      'http://127.0.0.1:51004@evil.example/cb?x=1',
      'http://127.0.0.1:0/cb?x=1',
      'http://127.0.0.1:/cb?x=1',
      'http://127.0.0.1:123456/cb?x=1',
      'http://127.0.0.1.evil.example/cb?x=1',
      'http://127.1/cb?x=1',
      'http://localhost:3001/cb',
      'https://127.0.0.1/cb?x=1',
      'http://user@127.0.0.1:1/cb?x=1',
    ])
      t.notOk(isRegistered(registered, bad), bad)
  },
)

t.test('any change of a registered address makes it another one', async (t) => {
  const registered = 'https://app.example/cb?tenant=a'
  fc.assert(
    fc.property(fc.nat(registered.length), fc.string({ maxLength: 3 }), fc.nat(2), (at, inserted, cut) => {
      const changed = registered.slice(0, at) + inserted + registered.slice(at + cut)
      return changed === registered || !isRegistered([registered], changed)
    }),
    { numRuns: 2000 },
  )
  t.pass('2000 changes')
})

t.test('an answer keeps the registered query, and each value comes back as it was sent', async (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 50 }), (state) => {
      if (/\p{Surrogate}/u.test(state)) return true
      for (const address of [
        'https://a.example/cb',
        'https://a.example/cb?x=%20',
        'https://a.example/cb?x=1&',
        'com.a:/cb',
      ]) {
        const answer = answerAddress(address, { code: 'c', state, iss: undefined })
        const { searchParams } = new URL(answer)
        if (!answer.startsWith(address) || searchParams.get('state') !== state || searchParams.get('code') !== 'c')
          return false
        if (searchParams.has('iss')) return false
      }
      return true
    }),
    { numRuns: 1000 },
  )
  t.pass('1000 states')
})
