/** A service as a process: what it prints, what it exits with, how it becomes ready and how it ends. */
import { spawn, type ChildProcess } from 'node:child_process'
import t, { type Test } from 'tap'

const main = new URL('./support/tiny-service.ts', import.meta.url).pathname
const good = {
  GATEHOUSE_ISSUER: 'https://id.example.com',
  SERVICE_PRIVATE_KEY: '{"kty":"EC"}',
  SERVICE_JWKS: '{"keys":[]}',
  TINY_SECRET: 'f3Kq9ZtX1vLm8WcR',
}

type Started = {
  child: ChildProcess
  output: () => string
  exited: Promise<{ code: number | null }>
  listening: Promise<{ port: number; management_port: number }>
}

function start(t: Test, env: Record<string, string>, args: string[] = []): Started {
  const child = spawn(process.execPath, ['--import=tsx', main, ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let text = ''
  const collect = (chunk: Buffer): void => void (text += chunk.toString())
  child.stdout?.on('data', collect)
  child.stderr?.on('data', collect)
  t.teardown(() => child.kill('SIGKILL'))
  const exited = new Promise<{ code: number | null }>((resolve) => child.once('close', (code) => resolve({ code })))
  const listening = new Promise<{ port: number; management_port: number }>((resolve) => {
    child.stdout?.on('data', () => {
      const line = text.split('\n').find((one) => one.includes('"event":"listening"'))
      if (line) resolve(JSON.parse(line) as { port: number; management_port: number })
    })
  })
  return { child, output: () => text, exited, listening }
}

t.test('a wrong configuration is told completely, on one read, with exit code 78', async (t) => {
  const { exited, output } = start(t, { PORT: 'x', SERVICE_JWKS: '{}', TINY_SECRET: 'weak' })
  t.equal((await exited).code, 78)
  for (const name of ['PORT', 'GATEHOUSE_ISSUER', 'SERVICE_PRIVATE_KEY', 'TINY_SECRET']) t.match(output(), name)
  t.notMatch(output(), /weak"/)
})

t.test('--print-config lists the settings as JSON and starts nothing', async (t) => {
  const { exited, output } = start(t, {}, ['--print-config'])
  t.equal((await exited).code, 0)
  const { settings } = JSON.parse(output()) as { settings: { name: string; secret: boolean }[] }
  t.match(
    settings.find(({ name }) => name === 'TINY_SECRET'),
    { secret: true, required: true, type: 'string' },
  )
})

t.test('it takes free ports, becomes ready, names what fails, and ends cleanly on SIGTERM', async (t) => {
  const { child, exited, listening, output } = start(t, good)
  const { port, management_port: managementPort } = await listening
  const management = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${managementPort}${path}`)
    return { status: response.status, text: await response.text() }
  }
  t.equal((await management('/livez')).status, 200)
  t.equal((await management('/startupz')).status, 200)
  t.match(await management('/readyz'), { status: 200, text: /"ready"/ })
  await fetch(`http://127.0.0.1:${port}/break`)
  t.match(await management('/readyz'), { status: 503, text: /"name":"breakable","ok":false,"reason":"it was broken"/ })
  const { text: metrics } = await management('/metrics')
  t.match(metrics, /http_server_request_duration_seconds_bucket/)
  t.match(metrics, /^target_info\{.*service_name="orgs"/m)
  t.equal((await management('/other')).status, 404)

  const slow = fetch(`http://127.0.0.1:${port}/slow`)
  await fetch(`http://127.0.0.1:${port}/break`)
  child.kill('SIGTERM')
  t.equal((await slow).status, 200, 'a running request still gets its answer')
  t.equal((await exited).code, 0)
  t.match(output(), /closed its connections/)
})

t.test('a taken port is told in one sentence', async (t) => {
  const first = start(t, good)
  const { port } = await first.listening
  const second = start(t, { ...good, PORT: String(port) })
  t.equal((await second.exited).code, 1)
  t.match(second.output(), /the port is taken; set PORT/)
})

t.test('it ends when the process that started it is gone', async (t) => {
  const { child, exited, listening } = start(t, { ...good, GATEHOUSE_PARENT_WATCH: '1' })
  await listening
  child.stdin?.end()
  t.equal((await exited).code, 0)
})
