/**
 * New passwords that come at once, over two replicas: every secret has one winner, and whatever wins voids all the
 * others.
 */
import { typeIdOf } from '@gatehouse/service-kit/ids/type-id'
import t from 'tap'
import { newPassword, openPlatform, type Answer } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
const { admin, tokens } = platform
const replicas = [await platform.replica(), await platform.replica()] as const
const [replica] = replicas
const onOne = (caller: number) => (caller % 2 === 0 ? replicas[0] : replicas[1])
const atOnce = <T>(callers: number, ask: (caller: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: callers }, (_, caller) => ask(caller)))
const count = (answers: Answer[], status: number) => answers.filter((answer) => answer.status === status).length
const changesOf = async (id: string) =>
  (await platform.announced(replica, id)).filter((type) => type === 'user.password_changed.v1').length

/** A full queue of hashes says "later", and whoever comes then hears what the others heard. */
async function untilHeard(ask: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    const answer = await ask()
    if (answer.status !== 503) return answer
  }
}

t.test('one secret used 1,000 times at once sets one password', async (t) => {
  const person = await platform.verified(replica)
  const token = await platform.resetToken(replica, person.email)
  const passwords = Array.from({ length: 1000 }, newPassword)
  const answers: Answer[] = []
  // In bursts: what waits for hashing is bounded, and a burst is as concurrent as the database can be.
  for (let from = 0; from < passwords.length; from += 50)
    answers.push(
      ...(await atOnce(50, (caller) =>
        untilHeard(() =>
          platform.ask(onOne(caller), {
            url: '/v1/auth/password/reset',
            body: { token, password: passwords[from + caller] },
          }),
        ),
      )),
    )
  t.equal(count(answers, 204), 1)
  t.equal(count(answers, 400), 999)
  t.equal(await changesOf(person.id), 1)
  const winner = passwords[answers.findIndex(({ status }) => status === 204)] ?? ''
  t.equal(
    (await platform.ask(replica, { url: '/v1/auth/login', body: { email: person.email, password: winner } })).status,
    200,
  )
})

t.test('of many secrets of one person one is used, and mails that are being sent end with it', async (t) => {
  const person = await platform.verified(replica)
  const [token, other] = [
    await platform.resetToken(replica, person.email),
    await platform.resetToken(replica, person.email),
  ]
  const [row] = await admin<{ id: string }[]>`select id from password_resets order by id desc limit 1`
  const link = `/internal/password-resets/${typeIdOf('rst', row?.id ?? '')}/link`
  const answers = await atOnce(24, (caller) =>
    caller % 3 === 2
      ? platform.ask(onOne(caller), { url: link, as: 'workers' })
      : untilHeard(() =>
          platform.ask(onOne(caller), {
            url: '/v1/auth/password/reset',
            body: { token: caller % 3 === 0 ? token : other, password: newPassword() },
          }),
        ),
  )
  t.equal(count(answers, 204), 1)
  t.equal(count(answers, 200), 8, 'minting never fails')
  t.equal((await admin`select 1 from password_reset_secrets`).length, 0)
  t.equal(await changesOf(person.id), 1)
})

t.test(
  'of changes from one present password one wins, and a reset at the same moment is one more new password at most',
  async (t) => {
    const person = await platform.verified(replica)
    const link = await platform.resetToken(replica, person.email)
    const token = tokens.accessTokenFor(person.id)
    const body = () => ({ current_password: person.password, new_password: newPassword() })
    const answers = await atOnce(12, (caller) =>
      untilHeard(() =>
        caller === 5
          ? platform.ask(replica, { url: '/v1/auth/password/reset', body: { token: link, password: newPassword() } })
          : platform.ask(onOne(caller), { url: '/v1/auth/password/change', token, body: body() }),
      ),
    )
    const won = count(answers, 204)
    t.ok(won === 1 || won === 2, `${won} new passwords`)
    t.equal(await changesOf(person.id), won)
    const [row] =
      await admin`select version::int, sessions_min_version::int as floor from users where id = (select user_id
        from emails where address = ${person.email})`
    t.match(row, { version: 2 + won, floor: 2 + won })
  },
)
