/**
 * Messages in the order in which they came, a few in each round of the event loop: a connection hands over all that
 * arrived meanwhile in one go, for all subscriptions of the process.
 */

/** Bytes handled in a round: some milliseconds of verifying signatures and reading JSON. */
const mostPerRound = 64 * 1024
/** What a message costs however short it is, as bytes. */
const bytesPerMessage = 4 * 1024

const waiting: { readonly bytes: number; handle(): void }[] = []
let handled = 0
let isPlanned = false

type Message = { readonly data: { readonly length: number } }

/** Handles a message at once where the round has room and nothing waits, else in one of the next rounds. */
export const inRounds =
  <M extends Message>(handle: (message: M) => void) =>
  (message: M): void => {
    waiting.push({ bytes: message.data.length, handle: () => handle(message) })
    if (waiting.length === 1) handleSome()
  }

function handleSome(): void {
  // Before anything can fail: what waits is never left without a next round.
  if (!isPlanned) setImmediate(nextRound)
  isPlanned = true
  while (waiting.length > 0 && handled < mostPerRound) {
    const [{ bytes, handle }] = waiting as [(typeof waiting)[number]]
    handled += bytesPerMessage + bytes
    // It waits until it is handled, so that what arrives meanwhile comes after it.
    try {
      handle()
    } finally {
      waiting.shift()
    }
  }
}

function nextRound(): void {
  isPlanned = false
  handled = 0
  if (waiting.length > 0) handleSome()
}
