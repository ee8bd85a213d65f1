/** A request as bytes on a connection of its own: no client adds headers or waits for the body. */
import { request, type ClientRequest } from 'node:http'

export type RawHeaders = Record<string, string | string[] | undefined>
type RawAnswer = { status: number; headers: Record<string, unknown>; body: string }

/** A header that is undefined is left out. `write` sends the body, and ends it. */
export function sendRaw(
  { headers, ...to }: { port: number; path: string; method: string; headers: RawHeaders },
  write: (sending: ClientRequest) => unknown,
): Promise<RawAnswer> {
  const given = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined)) as Record<
    string,
    string
  >
  return new Promise((resolve, reject) => {
    const sending = request({ ...to, host: '127.0.0.1', headers: given, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        const { statusCode: status = 0, headers: answered } = response
        resolve({ status, headers: answered, body: Buffer.concat(chunks).toString() })
      })
    })
    sending.on('error', reject)
    void write(sending)
  })
}
