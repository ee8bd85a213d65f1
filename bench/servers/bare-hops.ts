// The least that a gateway and a service behind it can do: two `node:http` hops, and one prepared SELECT at the second.
// What P12 compares with. Arguments: the port of the first hop, of the second, and a PostgreSQL URL. The second hop
// runs in a process of its own (`back` as the last word).
import { Agent, createServer, request } from 'node:http'
import postgres from 'postgres'

const [front, back, url] = [Number(process.argv[2]), Number(process.argv[3]), process.argv[4] ?? '']
const json = { 'content-type': 'application/json' }

function serveRow(): void {
  const sql = postgres(url, { max: 10 })
  createServer((_request, response) => {
    void sql`select name, email, verified, created_at from bench_people
      where id = ${1 + Math.floor(Math.random() * 1000)}`.then(
      ([row]) => response.writeHead(200, json).end(JSON.stringify(row)),
      () => response.writeHead(500).end(),
    )
  }).listen(back, '127.0.0.1')
}

function passOn(): void {
  const agent = new Agent({ keepAlive: true, maxSockets: 128 })
  createServer(({ method = 'GET', url: path = '/', headers }, response) => {
    request({ host: '127.0.0.1', port: back, method, path, headers, agent }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    }).end()
  }).listen(front, '127.0.0.1')
}

if (process.argv[5] === 'back') serveRow()
else passOn()
// It must not outlive whoever started it.
process.stdin.once('end', () => process.exit(0)).resume()
