/**
 * Firefox as its own protocol drives it (W3C WebDriver BiDi): what a person does with pages that need no script, one
 * window at a time. Forms are sent by the browser itself, with its cookies, its policy and its headers.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WebSocket } from 'undici'
import { until } from '../platform/client.ts'
import { findFirefox } from './find-firefox.ts'
import { screenshots } from './people-at-screens.ts'

const patienceMs = 60_000

type Reply = { id?: number; type: 'success' | 'error' | 'event'; result?: Record<string, unknown>; message?: string }

/** `languages`: those the person prefers, as they stand in the settings. */
export async function openFirefox(languages: string) {
  const { program, env } = await findFirefox(process.env)
  const profile = mkdtempSync(join(tmpdir(), 'gatehouse-firefox-'))
  writeFileSync(join(profile, 'user.js'), `user_pref("intl.accept_languages", "${languages}");\n`)
  const child = spawn(program, ['--headless', '--no-remote', '--remote-debugging-port=0', '--profile', profile], {
    env: { ...process.env, HOME: profile, MOZ_CRASHREPORTER_DISABLE: '1', ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const stop = async (): Promise<void> => {
    if (child.exitCode === null) child.kill()
    await exited
    rmSync(profile, { recursive: true, force: true })
  }
  try {
    const listens = (): Promise<string | undefined> => {
      if (child.exitCode !== null) throw new Error(`Firefox has ended: ${said.slice(-500)}`)
      return Promise.resolve(/WebDriver BiDi listening on (ws:\S+)/.exec(said)?.[1])
    }
    const send = await openSession(await until('Firefox to listen', listens, patienceMs))
    const tree = (await send('browsingContext.getTree', {}))['contexts'] as { context: string }[]
    return { ...windowOf(send, tree[0]?.context ?? ''), close: stop }
  } catch (err) {
    await stop()
    throw err
  }
}

type Send = (method: string, params: object) => Promise<Record<string, unknown>>

async function openSession(address: string): Promise<Send> {
  const socket = new WebSocket(`${address}/session`)
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve())
    socket.addEventListener('error', () => reject(new Error('Firefox does not take the session')))
  })
  const waiting = new Map<number, (reply: Reply) => void>()
  socket.addEventListener('message', ({ data }) => {
    const reply = JSON.parse(String(data)) as Reply
    if (reply.id !== undefined) waiting.get(reply.id)?.(reply)
  })
  let count = 0
  const send: Send = async (method, params) => {
    const id = (count += 1)
    const replied = new Promise<Reply>((resolve) => waiting.set(id, resolve))
    socket.send(JSON.stringify({ id, method, params }))
    const { type, result = {}, message } = await replied
    waiting.delete(id)
    if (type === 'error') throw new Error(`${method}: ${message}`)
    return result
  }
  await send('session.new', { capabilities: {} })
  return send
}

function windowOf(send: Send, context: string) {
  /** The value of an expression in the page, as text. */
  const read = async (expression: string): Promise<string> => {
    const answer = await send('script.evaluate', {
      expression: `String(${expression})`,
      target: { context },
      awaitPromise: false,
    })
    const { result } = answer as { result?: { value?: string } }
    return result?.value ?? ''
  }
  const text = (selector: string): Promise<string> => read(`document.querySelector('${selector}')?.textContent ?? ''`)
  const open = async (url: string): Promise<void> => {
    await until(
      `${url} to be there`,
      async () => {
        await send('browsingContext.navigate', { context, url, wait: 'complete' })
        return !(await text('#again')) || !/try again in a moment/.test(await text('h1'))
      },
      patienceMs,
    )
  }
  return {
    open,
    text,
    address: (): Promise<URL> => read('location.href').then((href) => new URL(href)),
    /** Fills fields by name and presses a button by id, until the page is one that `isThere` knows. */
    async submit(fields: Record<string, string>, button: string, isThere: (url: URL) => boolean): Promise<void> {
      const filled = Object.entries(fields).map(
        ([name, value]) => `document.querySelector('[name="${name}"]').value = ${JSON.stringify(value)};`,
      )
      await read(`(() => { ${filled.join(' ')} document.querySelector('#${button}').click() })()`)
      await until(
        `the page after #${button}`,
        () =>
          read('document.readyState === "complete" ? location.href : ""').then(
            (href) => href !== '' && isThere(new URL(href)),
            // Between two pages there is nothing to ask.
            () => false,
          ),
        patienceMs,
      )
    },
    async photograph(name: string): Promise<void> {
      const { data } = await send('browsingContext.captureScreenshot', { context, origin: 'document' })
      writeFileSync(join(screenshots, `${name}.png`), Buffer.from(String(data), 'base64'))
    },
  }
}
