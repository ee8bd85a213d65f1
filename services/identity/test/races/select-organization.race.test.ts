/** Many answers to one choice at once, over two replicas: one session, for one of the organizations. */
import t from 'tap'
import { belongTo } from '../fixtures/organizations.ts'
import { openPlatform } from '../fixtures/platform.ts'
import { answerStep } from '../fixtures/second-factor.ts'

const platform = await openPlatform(t)
const { tokens } = platform
const replicas = [await platform.replica(), await platform.replica()] as const
const uses = process.env['GATEHOUSE_FULL'] === '1' ? 1000 : 64

async function challenged() {
  const person = await platform.verified(replicas[0])
  const organizations = belongTo(platform, person, 2).map(({ id }) => id)
  const { email, password } = person
  const { body } = await platform.ask(replicas[0], {
    url: '/v1/auth/login',
    body: { email, password, organization_id: 'choose' },
  })
  return { challenge: String(body['challenge']), organizations, person }
}

/** What cannot be served for now comes again, as clients do. */
async function patiently(ask: () => ReturnType<typeof answerStep>) {
  for (;;) {
    const answer = await ask()
    if (answer.status !== 503) return answer
  }
}

t.test('two organizations answered at once: one session for one of them', async (t) => {
  const { challenge, organizations } = await challenged()
  const before = tokens.asked.length
  const answers = await Promise.all(
    Array.from({ length: uses }, (_, use) => {
      const organization = organizations[use % 2] ?? ''
      const on = replicas[(use >> 1) % 2 === 0 ? 0 : 1]
      const body = { challenge, step: 'select_organization', organization_id: organization }
      return patiently(() => answerStep(platform, on, body))
    }),
  )
  const winners = answers.filter(({ body }) => body['status'] === 'authenticated')
  t.equal(winners.length, 1)
  t.equal(tokens.asked.length - before, 1)
  t.same(winners[0]?.body['organization'], { id: tokens.asked.at(-1)?.organization_id })
  t.ok(answers.every(({ status }) => status === 200 || status === 400))
})

t.test('the last organization but one is lost meanwhile: asked again at once, there is one session', async (t) => {
  const { challenge, person } = await challenged()
  belongTo(platform, person, 1)
  const before = tokens.asked.length
  const answers = await Promise.all(
    Array.from({ length: uses }, (_, use) =>
      patiently(() =>
        answerStep(platform, replicas[use % 2 === 0 ? 0 : 1], { challenge, step: 'select_organization' }),
      ),
    ),
  )
  t.equal(answers.filter(({ body }) => body['status'] === 'authenticated').length, 1)
  t.equal(tokens.asked.length - before, 1)
})
