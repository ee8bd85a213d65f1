// The least a Node server can do: reads the body, answers the bytes it was given. What P3 compares with.
import { createServer } from 'node:http'

const [port, body] = [Number(process.argv[2]), process.argv[3] ?? '']
const headers = { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(body), 'cache-control': 'no-store' }

createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    Buffer.concat(chunks)
    response.writeHead(200, headers)
    response.end(body)
  })
}).listen(port, '127.0.0.1')
// It must not outlive whoever started it.
process.stdin.once('end', () => process.exit(0)).resume()
