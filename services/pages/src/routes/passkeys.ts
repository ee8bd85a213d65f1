/** One's own passkeys: made by the script, kept and removed by forms. */
import {
  AddPasskey,
  BeginPasskey,
  ListMyPasskeys,
  RemovePasskey,
  type PasskeyAttestation,
} from '@gatehouse/contracts/http/identity/passkeys'
import { AccountPasskeyOptions, AccountPasskeysPage } from '@gatehouse/contracts/http/pages'
import { isAppError } from '@gatehouse/service-kit/errors/app-error'
import { requireToken, spokenFor, type Visit } from '../browser/visit.ts'
import type { Deps } from '../deps.ts'
import { done, type PageAnswer, type RedirectAnswer } from '../serve/answer.ts'
import type { BindPage } from '../serve/bind-page.ts'
import { beginStepUp } from '../use-cases/step-up.ts'
import { passkeysPage } from '../views/account-pages.tsx'
import { credentialOf } from './credential.ts'
import { fieldsOf } from './form-fields.ts'

export function passkeyRoutes(page: BindPage, deps: Deps): void {
  page(AccountPasskeysPage, {
    get: async (visit) => {
      const user = await requireToken(deps, visit)
      const { data } = await deps.identity.call(ListMyPasskeys, { user, timeoutMs: 4000 })
      return passkeysPage({ visit, deps }, data)
    },
    post: (visit) => changePasskeys(deps, visit),
  })
  page(AccountPasskeyOptions, { post: (visit) => optionsFor(deps, visit) })
}

/** The script goes where it is told when a newer sign-in is asked for first. */
async function optionsFor(deps: Deps, visit: Visit): Promise<PageAnswer> {
  const user = await requireToken(deps, visit)
  try {
    const options = await deps.identity.call(BeginPasskey, { ...spokenFor(visit), user })
    return { kind: 'json', body: { options } }
  } catch (err) {
    if (!isAppError(err, 'insufficient_user_authentication')) throw err
    const onPage = { ...visit, path: AccountPasskeysPage.path }
    const { to, flow } = await beginStepUp(deps, onPage, err)
    return { kind: 'json', body: { go: to }, ...(flow && { flow }) }
  }
}

async function changePasskeys({ identity, tokens }: Deps, visit: Visit): Promise<RedirectAnswer> {
  const user = await requireToken({ tokens }, visit)
  if (visit.form.get('action') === 'remove') {
    const params = { passkey: visit.form.get('passkey') ?? 'none' }
    await identity.call(RemovePasskey, { ...spokenFor(visit), params, user })
    return done(AccountPasskeysPage.path, 'doneRemoved')
  }
  const fields = fieldsOf(visit, 'name', 'credential')
  if (!fields.ok) return fields.answer
  const body = { name: fields.values.name, credential: credentialOf<PasskeyAttestation>(visit) }
  await identity.call(AddPasskey, { ...spokenFor(visit), body, user })
  return done(AccountPasskeysPage.path, 'doneSaved')
}
