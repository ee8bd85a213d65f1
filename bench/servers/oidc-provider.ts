/**
 * `oidc-provider` as its documentation sets it up: its adapter in memory, one client, everybody signed in at once, and
 * no consent asked. Run as a child: `oidc-provider.ts <port> <client as JSON>`.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { pathToFileURL } from 'node:url'
import { newEcKeyPair, newRsaKeyPair } from '@gatehouse/service-kit/secrets/key-pair'
import { peerFile } from '../engines/peers.ts'

type Saved = { addOIDCScope(scope: string): void; save(): Promise<unknown> }
type Context = {
  oidc: {
    provider: { Grant: { new (o: object): Saved; find(id: string): Promise<Saved | undefined> } }
    client: { clientId: string }
    session: { accountId: string; grantIdFor(clientId: string): string | undefined }
  }
}
type Listener = (req: IncomingMessage, res: ServerResponse) => void
type Provider = {
  callback(): Listener
  interactionFinished(req: IncomingMessage, res: ServerResponse, result: object): Promise<void>
}

const [, , port, clientJson = '{}'] = process.argv
const client = JSON.parse(clientJson) as { id: string; secret: string; callback: string; alg: string; scope: string }
const module = (await import(pathToFileURL(peerFile('oidc-provider', 'lib/index.js')).href)) as {
  default: new (issuer: string, configuration: object) => Provider
}

const privateJwk = (key: { privateKey: { export(o: { format: 'jwk' }): object } }, alg: string) => ({
  ...key.privateKey.export({ format: 'jwk' }),
  kid: alg,
  alg,
  use: 'sig',
})

const provider = new module.default(`http://localhost:${port}`, {
  clients: [
    {
      client_id: client.id,
      client_secret: client.secret,
      redirect_uris: [client.callback],
      id_token_signed_response_alg: client.alg,
    },
  ],
  jwks: {
    keys: [privateJwk(await newRsaKeyPair(2048), 'RS256'), privateJwk(newEcKeyPair(), 'ES256')],
  },
  routes: { authorization: '/oauth2/authorize', token: '/oauth2/token', userinfo: '/oauth2/userinfo' },
  claims: { openid: ['sub'], profile: ['name'], email: ['email', 'email_verified'] },
  cookies: { keys: ['of the benchmark alone'] },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_: Context, { uid }: { uid: string }) => `/interaction/${uid}` },
  findAccount: (_: Context, id: string) => ({
    accountId: id,
    claims: () => ({ sub: id, name: 'Ada', email: 'ada@example.com', email_verified: true }),
  }),
  async loadExistingGrant({ oidc }: Context): Promise<Saved | undefined> {
    const { clientId } = oidc.client
    const known = oidc.session.grantIdFor(clientId)
    if (known !== undefined) return oidc.provider.Grant.find(known)
    const grant = new oidc.provider.Grant({ clientId, accountId: oidc.session.accountId })
    grant.addOIDCScope(client.scope)
    await grant.save()
    return grant
  },
})
const answer = provider.callback()
createServer((req, res) => {
  if (!(req.url ?? '').startsWith('/interaction/')) return answer(req, res)
  void provider.interactionFinished(req, res, { login: { accountId: 'ada' } })
}).listen(Number(port), 'localhost')
