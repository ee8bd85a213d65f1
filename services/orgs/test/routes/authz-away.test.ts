/**
 * The way to authz is bad (R11): gone, slow, or torn off now and then. Whatever authz could not be asked about is 503,
 * nobody is let in on a guess, and trying again does not make it worse. `R11_SECONDS=30` for the long run.
 */
import t from 'tap'
import { startTcpProxy, type TcpProxy, type Trouble } from '@gatehouse/test-kit/tcp-proxy'
import { openRig } from '../fixtures/rig.ts'

const seconds = Number(process.env['R11_SECONDS'] ?? 3)
let way = undefined as unknown as TcpProxy
const rig = await openRig(t, { towardsAuthz: async (url) => (way = await startTcpProxy(t, url)).url })
const ada = rig.person()
const { id: org } = await rig.organization(ada)
const ask = async (): Promise<number> =>
  (await rig.send('GET', `/v1/organizations/${org}/members`, { by: ada, org })).status

/** Asks on twenty lanes for the time; how often each status was answered, and requests towards authz by question. */
async function under(trouble: Trouble): Promise<{ statuses: Map<number, number>; asked: number; perQuestion: number }> {
  const before = way.requests()
  const until = performance.now() + seconds * 1000
  const statuses = new Map<number, number>()
  way.suffer(trouble)
  const lane = async () => {
    while (performance.now() < until) {
      const status = await ask()
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
      if (status !== 200) await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  await Promise.all(Array.from({ length: 20 }, lane))
  const asked = [...statuses.values()].reduce((sum, count) => sum + count, 0)
  return { statuses, asked, perQuestion: (way.requests() - before) / asked }
}

t.test('gone: 503 for everybody, not one yes, and an answer again once it is back', { timeout: 120_000 }, async (t) => {
  t.equal(await ask(), 200)
  const { statuses, asked, perQuestion } = await under({ isBlackHole: true })
  t.same([...statuses.keys()], [503], 'nobody is let in on a guess')
  t.ok(perQuestion <= 1.2, 'and authz is not asked more often than the questions are')
  way.suffer({})
  const back = performance.now()
  while ((await ask()) !== 200)
    if (performance.now() - back > 5000) throw new Error('no answer 5 s after authz was back')
  t.comment(
    `${asked} questions in ${seconds} s without authz: all 503, ${perQuestion.toFixed(2)} requests each; answered ` +
      `again after ${Math.round(performance.now() - back)} ms`,
  )
})

t.test('200 ms late: slow, and right', { timeout: 120_000 }, async (t) => {
  const { statuses, asked, perQuestion } = await under({ delayMs: 100 })
  t.same([...statuses.keys()], [200])
  t.ok(perQuestion <= 1.2)
  t.comment(`${asked} questions, ${perQuestion.toFixed(2)} requests each`)
})

t.test('one piece in a hundred torn off: asked again, and never a wrong answer', { timeout: 120_000 }, async (t) => {
  const { statuses, asked, perQuestion } = await under({ resets: 0.01 })
  t.same(
    [...statuses.keys()].filter((status) => status !== 200 && status !== 503),
    [],
  )
  t.ok((statuses.get(200) ?? 0) > 0.98 * asked, 'questions asked again find their answer')
  t.ok(perQuestion <= 1.2)
  rig.world.denied.add('gatehouse:members.read')
  t.same(
    [...(await under({ resets: 0.01 })).statuses.keys()].filter((status) => status !== 403 && status !== 503),
    [],
    'a no stays a no',
  )
  t.comment(`${asked} questions, ${statuses.get(503) ?? 0} times 503, ${perQuestion.toFixed(3)} requests each`)
})
