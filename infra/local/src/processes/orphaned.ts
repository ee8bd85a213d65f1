// npm runs a script through a shell, and a shell that is sent SIGTERM ends without telling its child. The child sees it
// by its parent: it is another one all of a sudden.

const LOOK_EVERY_MS = 250

/**
 * Calls back once when npm, which started this process, is gone. Without npm a parent may leave: `node … &` in a closed
 * shell goes on.
 */
export function onOrphaned(tell: () => void, env: NodeJS.ProcessEnv = process.env): void {
  if (env['npm_lifecycle_event'] === undefined) return
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    tell()
  }, LOOK_EVERY_MS)
  timer.unref()
}
