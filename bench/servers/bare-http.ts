// The least a Node server can do: reads the body, answers the bytes it was given. What P3 compares with.
// With `json` as the last word it also parses each body and writes each answer anew: the least a server that
// understands what it is asked can do.
import { createServer } from 'node:http'

const [port, body] = [Number(process.argv[2]), process.argv[3] ?? '']
const isReader = process.argv[4] === 'json'
const answer: unknown = isReader ? JSON.parse(body) : undefined
const headers = {
  'content-type': 'application/json; charset=utf-8',
  'content-length': Buffer.byteLength(body),
  'cache-control': 'no-store',
}

createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const whole = Buffer.concat(chunks)
    if (isReader && whole.length > 0) JSON.parse(whole.toString())
    response.writeHead(200, headers)
    response.end(isReader ? JSON.stringify(answer) : body)
  })
}).listen(port, '127.0.0.1')
// It must not outlive whoever started it.
process.stdin.once('end', () => process.exit(0)).resume()
