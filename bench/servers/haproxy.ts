/**
 * HAProxy as a gateway: one thread, ES256 signatures and `exp` checked on each request, kept connections to the same
 * upstream, no log.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, startChild } from './child.ts'
import type { Cleanup } from './cleanup.ts'
import { findProgram, type Program } from '@gatehouse/local/servers/packaged'

const packages = [
  'haproxy',
  'liblua5.3-0',
  'libopentracing-c-wrapper0',
  'libopentracing1',
  'libpcre2-8-0',
  'libssl3',
  'libsystemd0',
]

export const findHaproxy = (note: (text: string) => void): Promise<Program | undefined> =>
  findProgram({ name: 'haproxy', packages, pathIn: (tree) => join(tree, 'usr/sbin/haproxy') }, note)

export type Haproxy = { readonly port: number; readonly pid: number }

export async function startHaproxy(
  cleanup: Cleanup,
  o: { program: Program; upstream: string; publicKey: string; token: string },
): Promise<Haproxy> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-haproxy-'))
  cleanup.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const [port, key, file] = [await freePort(), join(folder, 'key.pem'), join(folder, 'haproxy.cfg')]
  writeFileSync(key, o.publicKey)
  writeFileSync(file, configuration({ port, key, upstream: new URL(o.upstream).host }))
  const ask = async (token: string): Promise<number> => {
    const { status } = await fetch(`http://127.0.0.1:${port}/`, { headers: { authorization: `Bearer ${token}` } })
    return status
  }
  const { pid } = await startChild(cleanup, {
    name: 'haproxy',
    command: o.program.file,
    args: ['-db', '-f', file],
    env: o.program.env,
    // The upstream is not there yet.
    isReady: async () => (await ask(o.token)) === 503,
  })
  if ((await ask(o.token.slice(0, -8))) !== 403) throw new Error('HAProxy takes a token with a broken signature')
  return { port, pid }
}

const configuration = (o: { port: number; key: string; upstream: string }): string => `global
  nbthread 1
  maxconn 512
defaults
  mode http
  timeout client 30s
  timeout server 30s
  timeout connect 2s
  timeout http-request 8s
frontend outside
  bind 127.0.0.1:${o.port}
  http-request set-var(txn.bearer) http_auth_bearer
  http-request set-var(txn.alg) var(txn.bearer),jwt_header_query('$.alg')
  http-request set-var(txn.exp) var(txn.bearer),jwt_payload_query('$.exp','int')
  http-request set-var(txn.now) date()
  http-request deny unless { var(txn.alg) -m str ES256 }
  http-request deny unless { var(txn.bearer),jwt_verify(txn.alg,"${o.key}") -m int 1 }
  http-request deny if { var(txn.exp),sub(txn.now) -m int lt 0 }
  default_backend service
backend service
  http-reuse always
  server one ${o.upstream}
`
