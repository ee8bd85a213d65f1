/**
 * A replica whose clock is wrong (R12): codes of authenticator apps, single-use secrets and lockouts go by the clock of
 * the database, so the replica is no worse than another.
 */
import { clockToStep } from '@gatehouse/test-kit/step-clock'
import t from 'tap'
import { answerStep, challengeOf, enrolled } from '../fixtures/second-factor.ts'
import { openPlatform } from '../fixtures/platform.ts'

const stepClock = clockToStep(t)
const minuteMs = 60_000
const wrongs = { 'five minutes slow': -5, 'five minutes fast': 5, 'stepped back an hour': -60, 'an hour fast': 60 }
const platform = await openPlatform(t)
const replica = await platform.replica()

for (const [how, minutes] of Object.entries(wrongs))
  t.test(`${how}: a code of now is right and spent once, one of the replica's time is not`, async (t) => {
    const person = await enrolled(platform, replica)
    const [spent, next, itsOwn] = [person.app.code(), person.app.code(1), person.app.code(2 * minutes)]
    const sign = async (code: string) =>
      (
        await answerStep(platform, replica, {
          challenge: await challengeOf(platform, replica, person),
          step: 'totp',
          code,
        })
      ).status
    t.equal(await sign(spent), 200, 'by the right clock')
    stepClock(minutes * minuteMs)
    t.teardown(() => stepClock(0))
    t.equal(await sign(spent), 401, 'no step twice')
    t.equal(await sign(itsOwn), 401)
    t.equal(await sign(next), 200, 'the next step, which has not come here')
    t.equal(await sign(next), 401)
    stepClock(0)
    t.equal(await sign(next), 401, 'nor when the clock is right again')
  })

t.test('a link dies at its hour by the clock of the database, whatever the replica believes', async (t) => {
  const person = await platform.verified(replica)
  const reset = (token: string) =>
    platform.ask(replica, { url: '/v1/auth/password/reset', body: { token, password: 'a long enough new password 1' } })
  const [late, early] = [await platform.resetToken(replica, person.email), 60 * minuteMs]
  await platform.admin`update password_reset_secrets set expires_at = now() - interval '1 second'`
  stepClock(-early)
  t.teardown(() => stepClock(0))
  t.equal((await reset(late)).status, 400, 'slow: it is over all the same')
  const good = await platform.resetToken(replica, person.email)
  stepClock(early)
  t.equal((await reset(good)).status, 204, 'fast: it still has its time')
})
