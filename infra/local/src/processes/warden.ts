// A watchman over the launcher: a tiny shell that holds the read end of a pipe and a list of pids. When the launcher
// ends in whatever way, kill -9 included, the pipe closes and the watchman ends what is still on its list, in order. A
// clean stop takes every child off the list first.
import { spawn } from 'node:child_process'

/** Lines are `+ <signal> <pid>` and `- <pid>`; the last added is stopped last. */
const SCRIPT = `
trap '' INT HUP TERM
list=''
while read -r verb a b; do
  case "$verb" in
    +) list="$list $a:$b" ;;
    -) kept=''; for entry in $list; do [ "\${entry#*:}" = "$a" ] || kept="$kept $entry"; done; list="$kept" ;;
  esac
done
for entry in $list; do kill -s "\${entry%%:*}" "\${entry#*:}" 2>/dev/null; done
exit 0
`

export type Warden = {
  watch: (pid: number, signal: NodeJS.Signals) => void
  release: (pid: number) => void
  /** Ends the watchman; whatever is still on its list is stopped. */
  close: () => void
}

export function startWarden(): Warden {
  const shell = spawn('/bin/sh', ['-c', SCRIPT, 'gatehouse-warden'], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    cwd: '/',
  })
  shell.stdin.on('error', () => undefined)
  shell.on('error', () => undefined)
  shell.unref()
  const say = (line: string) => {
    if (shell.stdin.writable) shell.stdin.write(`${line}\n`)
  }
  return {
    watch: (pid, signal) => {
      say(`+ ${signal.replace('SIG', '')} ${pid}`)
    },
    release: (pid) => {
      say(`- ${pid}`)
    },
    close: () => {
      shell.stdin.end()
    },
  }
}
