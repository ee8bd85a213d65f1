/** Device tokens as the gateway reads them: only what identity signed, in one spelling. */
import {
  createDeviceTokenSigner,
  createDeviceTokenVerifier,
  parseDeviceToken,
} from '@gatehouse/access/tokens/device-token'
import { generateServiceKey } from '@gatehouse/access/tokens/assertion'
import t from 'tap'

const [identity, orgs, other] = [
  generateServiceKey('identity'),
  generateServiceKey('orgs'),
  generateServiceKey('identity'),
]
const tagOf = createDeviceTokenVerifier({ keys: [identity.publicJwk, orgs.publicJwk] })
const claims = {
  id: Buffer.alloc(16, 1),
  issuedAtSeconds: 1_800_000_000,
  accountTag: Buffer.alloc(16, 2),
  proof: Buffer.alloc(32, 3),
}

t.test('what identity signed names its account; everything else names nobody', async (t) => {
  const token = createDeviceTokenSigner(identity.privateJwk)(claims)
  t.equal(tagOf(token), claims.accountTag.toString('base64url'))
  t.same(parseDeviceToken(token), claims)
  for (const foreign of [orgs, other]) t.equal(tagOf(createDeviceTokenSigner(foreign.privateJwk)(claims)), undefined)
  for (const bad of [undefined, '', 'gthd_', `${token}A`, token.slice(0, -1), `gthd_${'A'.repeat(token.length - 5)}`])
    t.equal(tagOf(bad), undefined)
})

t.test('a changed character anywhere, and another spelling of the last one, name nobody', async (t) => {
  const token = createDeviceTokenSigner(identity.privateJwk)(claims)
  for (let at = 5; at < token.length; at += 7) {
    const changed = token[at] === 'A' ? 'B' : 'A'
    t.equal(tagOf(token.slice(0, at) + changed + token.slice(at + 1)), undefined, `at ${at}`)
  }
  const spellings = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'].filter(
    (last) => tagOf(token.slice(0, -1) + last) !== undefined,
  )
  t.equal(spellings.length, 1)
})
