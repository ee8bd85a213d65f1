// Starts the real servers that tests need, prints their addresses as shell exports, and keeps them until it is stopped.
// With those exports set, `npx tap <file>` runs a single test file quickly.
//
//   node --import tsx tests/servers.ts > servers.env &      then      . ./servers.env
import { startTestServers } from '@gatehouse/local/servers/test-servers'

const servers = await startTestServers({ env: process.env, note: (text) => process.stderr.write(`${text}\n`) })
for (const [name, value] of Object.entries(servers.env)) process.stdout.write(`export ${name}='${value}'\n`)
process.stdout.write('# ready\n')

const idle = setInterval(() => undefined, 60_000)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    clearInterval(idle)
    void servers.stop()
  })
}
