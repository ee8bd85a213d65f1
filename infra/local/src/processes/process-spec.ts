// What the launcher has to know to run one process, be it a server or a service: how to start it, how to tell that it
// is ready and is really ours, and how to end it.

export type ProcessSpec = {
  name: string
  command: string
  args: string[]
  env: NodeJS.ProcessEnv
  cwd: string
  /** Another account to run as; only root can ask for it. */
  account?: { uid: number; gid: number } | undefined
  /** A port the process must be seen to hold before it counts as started. */
  port: number
  /** Text in its command line by which a leftover of an earlier run is recognized. */
  marker: string
  stopSignal: NodeJS.Signals
  stopTimeoutMs: number
  startTimeoutMs: number
  logFile: string
  /** The process ends by itself when its standard input closes, that is, when the launcher is gone. */
  watchesParent?: boolean
  /** Runs before each start, also before a restart. */
  prepare?: () => Promise<void>
  /** Asks the process itself. Throwing means "not yet". */
  isReady: (pid: number) => Promise<boolean>
  /** Turns known last words into advice. */
  explain?: (log: string) => Error | undefined
}

/** A process that has been started and has answered. */
export type StartedProcess = {
  name: string
  pid: number
  /** Settles when the process is gone, with the reason in words. */
  exited: Promise<string>
  stop: () => Promise<void>
}
