/** What the load process is told and what it reports. Requests are whole HTTP messages, made beforehand. */

export type LoadRequest = {
  /** POST unless given; GET sends no body. */
  readonly method?: 'GET'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** The decisions wanted, in order. */
  readonly expected: readonly boolean[]
}

export type LoadOrder = {
  readonly port: number
  readonly connections: number
  /** Stops after this time; without it, after each request was sent once. */
  readonly seconds?: number
  /** Decisions are read from the answer between these words; what follows is compared with `yes`. */
  readonly marker: string
  readonly yes: string
  readonly requests: readonly LoadRequest[]
  /** What the server passes requests on to: served by the load itself, which costs least, with this answer to each. */
  readonly upstream?: { readonly port: number; readonly answer: string }
}

export type LoadReport = {
  readonly answered: number
  readonly compared: number
  readonly wrong: number
  /** The first wrong answer as it came. */
  readonly firstWrong?: string
  readonly seconds: number
  readonly latencyUs: { readonly p50: number; readonly p99: number; readonly max: number }
  /** Share of the time the load process spent on answers: near 1, it and not the server was the limit. */
  readonly loadBusy: number
}
