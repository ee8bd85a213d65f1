// What a person reads when everything is up: where things are, who may sign in, and a first line to try.
import type { PlatformFile } from './platform-file.ts'

export function summary(o: { platform: PlatformFile; file: string; seconds: number }): string {
  const { platform } = o
  const lines = [
    '',
    `Gatehouse is ready after ${o.seconds.toFixed(1)} s.`,
    '',
    `  Gateway   ${platform.issuer}   (API reference: ${platform.issuer}/docs)`,
    `  Pages     ${signInLink(platform)}`,
    `  Mailbox   ${platform.mailbox}   (every mail it sends)`,
    '',
    '  Accounts',
    ...table([['platform admin', platform.admin.email, platform.admin.password], ...demoRows(platform)]).map(
      (line) => `    ${line}`,
    ),
    '',
    ...(platform.demo === undefined
      ? []
      : [`  Demo application: \`npm run demo\` in another terminal, then ${platform.demo.application.url}/`]),
    `  For scripts: ${o.file}`,
    '',
    ...firstLine(platform),
    'Ctrl-C stops it; the data stays. `npm start -- --reset` begins anew.',
  ]
  return lines.join('\n')
}

/** With the demo owner's address filled in; the password stands among the accounts. */
function signInLink({ issuer, demo }: PlatformFile): string {
  const email = demo?.users[0]?.email
  if (email === undefined) return `${issuer}/signin`
  return `${issuer}/signin?login_hint=${encodeURIComponent(email)}   (as the owner of Acme; the password is below)`
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
    `    curl -s ${gateway}/v1/auth/login -H 'content-type: application/json' -d ` +
      `'${JSON.stringify({ email, password })}'`,
    '',
  ]
}
