/** What was opened, closed again in reverse, whatever happened in between. */

export type Cleanup = {
  /** The name `testDatabase` and its like ask for. */
  teardown(close: () => unknown): void
  run(): Promise<void>
}

export function createCleanup(): Cleanup {
  const closes: (() => unknown)[] = []
  return {
    teardown: (close) => void closes.push(close),
    async run() {
      for (let close = closes.pop(); close !== undefined; close = closes.pop()) {
        try {
          await close()
        } catch {
          // The next one is closed all the same.
        }
      }
    },
  }
}
