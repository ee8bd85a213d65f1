/** The demo application as `npm run demo` starts it, beside a running platform. */
import { spawn } from 'node:child_process'
import type { Page } from 'playwright-core'
import { until } from '../platform/client.ts'
import type { PlatformFile } from '../platform/platform-file.ts'

export async function openDemo({ demo }: PlatformFile, file: string) {
  const { url } = demo.application
  const child = spawn(process.execPath, ['--import', 'tsx', 'examples/demo-application/main.ts'], {
    env: { ...process.env, GATEHOUSE_PLATFORM_FILE: file },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const answers = async (): Promise<boolean> => {
    if (child.exitCode !== null) throw new Error('the demo application has ended')
    return fetch(url).then(
      ({ ok }) => ok,
      () => false,
    )
  }
  await until('the demo application to answer', answers, 60_000)
  return {
    url,
    isShownOn: (page: Page) => () => page.url() === `${url}/`,
    async close(): Promise<void> {
      child.kill()
      await exited
    },
  }
}
