/**
 * A service started by the launcher must not outlive it, even when the launcher is killed and can say nothing:
 * with GATEHOUSE_PARENT_WATCH=1 the closing of the IPC channel or of standard input is that news.
 */

/** Calls `onGone` at most once. */
export function watchParent(onGone: () => void): void {
  if (process.env['GATEHOUSE_PARENT_WATCH'] !== '1') return
  let isGone = false
  const gone = (): void => {
    if (isGone) return
    isGone = true
    onGone()
  }
  if (process.connected) {
    process.once('disconnect', gone)
    return
  }
  process.stdin.once('end', gone).once('close', gone).on('error', gone).resume()
}
