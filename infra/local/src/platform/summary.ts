// What a person reads when everything is up: where things are, who may sign in, and a first line to try.
import type { PlatformFile } from './platform-file.ts'

export function summary(o: { platform: PlatformFile; file: string; seconds: number }): string {
  const { platform } = o
  const lines = [
    '',
    `Gatehouse is ready after ${o.seconds.toFixed(1)} s.`,
    '',
    `  Gateway   ${platform.gateway}   (API reference: ${platform.gateway}/docs)`,
    `  Pages     ${platform.gateway}/signin   (sign in as anybody below)`,
    `  Mailbox   ${platform.mailbox}   (every mail it sends)`,
    '',
    '  Accounts',
    ...table([['platform admin', platform.admin.email, platform.admin.password], ...demoRows(platform)]).map(
      (line) => `    ${line}`,
    ),
    '',
    `  For scripts: ${o.file}`,
    '',
    ...firstLine(platform),
    'Ctrl-C stops it; the data stays. `npm start -- --reset` begins anew.',
  ]
  return lines.join('\n')
}

function demoRows({ demo }: PlatformFile): string[][] {
  if (demo === undefined) return []
  const rows = (name: string, users: { role: string; email: string; password: string }[]) =>
    users.map(({ role, email, password }) => [`${name} ${role}`, email, password])
  return [...rows('Acme', demo.users), ...rows('other', demo.other.users)]
}

function table(rows: string[][]): string[] {
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

function firstLine({ gateway, admin, demo }: PlatformFile): string[] {
  const { email, password } = demo?.users[0] ?? admin
  return [
    '  Sign in:',
    `    curl -s ${gateway}/v1/auth/login -H 'content-type: application/json' -d '${JSON.stringify({ email, password })}'`,
    '',
  ]
}
