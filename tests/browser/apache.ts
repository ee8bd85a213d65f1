/**
 * Apache with mod_auth_openidc: a relying party that somebody else has written, as a package of the distribution that
 * is unpacked without root. The page it guards shows what it was told of the person.
 */
import { spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { firstLine, readDistribution, unpackPackages } from '@gatehouse/local/servers/apt'
import { cacheFolder } from '@gatehouse/local/servers/folders'
import { until } from '../platform/client.ts'

/** @throws Error that says why there is none */
export async function findApache(env: NodeJS.ProcessEnv): Promise<string> {
  const distribution = readDistribution()
  if (distribution === undefined) throw new Error('it is a package of Debian and Ubuntu, and this is neither')
  const folder = join(cacheFolder(env), `apache-openidc-${distribution.codename}-${process.arch}`)
  const packages = ['apache2-bin', 'libapache2-mod-auth-openidc']
  try {
    if (!existsSync(folder)) await unpackPackages({ packages, withDependencies: true, into: folder, distribution })
  } catch (err) {
    throw new Error(firstLine(err), { cause: err })
  }
  return folder
}

const read = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8') : '')

export type RelyingParty = { issuer: string; port: number; clientId: string; clientSecret: string }

/** `tree`: where the packages were unpacked. */
export async function startApache(tree: string, party: RelyingParty): Promise<{ stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-apache-'))
  mkdirSync(join(folder, 'pages/private'), { recursive: true })
  writeFileSync(join(folder, 'pages/private/index.html'), '<!doctype html><title>Private</title><p>Behind the door</p>')
  writeFileSync(join(folder, 'pages/index.html'), '<!doctype html><title>Outside</title><p>Signed out</p>')
  writeFileSync(
    join(folder, 'apache.conf'),
    configuration({ folder, modules: join(tree, 'usr/lib/apache2/modules') }, party),
  )
  chmodSync(folder, 0o755)
  const libraries = join(tree, 'usr/lib')
  const ofMachine = readdirSync(libraries).find((name) => name.endsWith('-linux-gnu')) ?? ''
  const child = spawn(join(tree, 'usr/sbin/apache2'), ['-DFOREGROUND', '-f', join(folder, 'apache.conf')], {
    env: { ...process.env, LD_LIBRARY_PATH: join(libraries, ofMachine) },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const stop = async (): Promise<void> => {
    if (child.exitCode === null) child.kill()
    await exited
    rmSync(folder, { recursive: true, force: true })
  }
  const answers = (): Promise<boolean> => {
    if (child.exitCode !== null) throw new Error(`Apache has ended: ${said}${read(join(folder, 'error.log'))}`)
    return fetch(`http://127.0.0.1:${party.port}/`).then(
      ({ ok }) => ok,
      () => false,
    )
  }
  try {
    await until('Apache to answer', answers, 30_000)
  } catch (err) {
    await stop()
    throw err
  }
  return { stop }
}

const modules = {
  mpm_event: 'mod_mpm_event',
  authn_core: 'mod_authn_core',
  authz_core: 'mod_authz_core',
  authz_user: 'mod_authz_user',
  dir: 'mod_dir',
  headers: 'mod_headers',
  auth_openidc: 'mod_auth_openidc',
}

const configuration = (
  o: { folder: string; modules: string },
  { issuer, port, clientId, clientSecret }: RelyingParty,
): string => `ServerRoot ${o.folder}
ServerName 127.0.0.1:${port}
Listen 127.0.0.1:${port}
PidFile ${o.folder}/apache.pid
ErrorLog ${o.folder}/error.log
${Object.entries(modules)
  .map(([name, file]) => `LoadModule ${name}_module ${o.modules}/${file}.so`)
  .join('\n')}
DocumentRoot ${o.folder}/pages
DirectoryIndex index.html
OIDCProviderMetadataURL ${issuer}/.well-known/openid-configuration
OIDCClientID ${clientId}
OIDCClientSecret ${clientSecret}
OIDCRedirectURI http://127.0.0.1:${port}/private/callback
OIDCCryptoPassphrase a-passphrase-of-this-run-alone
OIDCScope "openid profile email"
OIDCPKCEMethod S256
OIDCProviderTokenEndpointAuth client_secret_basic
OIDCPassClaimsAs environment
OIDCRemoteUserClaim email
<Location /private>
  AuthType openid-connect
  Require valid-user
  Header always set X-Person "%{OIDC_CLAIM_sub}e"
  Header always set X-Address "%{OIDC_CLAIM_email}e"
</Location>
`
