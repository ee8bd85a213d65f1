// The mailbox as one of the launcher's processes.
import { join } from 'node:path'
import { compiledFile } from '../compile/compile-tree.ts'
import type { ProcessSpec } from '../processes/process-spec.ts'
import { REPOSITORY_ROOT } from '../servers/folders.ts'

export function mailboxSpec(o: { smtpPort: number; httpPort: number; mails: string; logs: string }): ProcessSpec {
  const main = compiledFile(REPOSITORY_ROOT, 'infra/local/src/mailbox-main.ts')
  return {
    name: 'mailbox',
    command: process.execPath,
    args: ['--enable-source-maps', main],
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      MAILBOX_SMTP_PORT: String(o.smtpPort),
      MAILBOX_HTTP_PORT: String(o.httpPort),
      MAILBOX_FOLDER: o.mails,
    },
    cwd: REPOSITORY_ROOT,
    port: o.httpPort,
    marker: main,
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 5000,
    startTimeoutMs: 60_000,
    logFile: join(o.logs, 'mailbox.log'),
    isReady: async () =>
      (await fetch(`http://127.0.0.1:${o.httpPort}/api/v1/messages?limit=1`, { signal: AbortSignal.timeout(2000) })).ok,
  }
}
