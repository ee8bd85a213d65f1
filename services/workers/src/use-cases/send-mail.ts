/** Sends one mail: its owner says where to and mints the secret, at this moment and anew on every try. */
import { isAppError } from '@gatehouse/service-kit/errors/app-error'
import type { JobOutcome } from '@gatehouse/service-kit/jobs/processor'
import type { Deps } from '../deps.ts'
import type { About, ComposedMail } from '../mails/mail.ts'
import { mails } from '../mails/mails.ts'
import { publicLink } from '../mails/public-link.ts'

type SendDeps = Pick<Deps, 'clients' | 'mailer' | 'publicUrl' | 'mailLocale'>

/** @throws AppError or Error when a later try may succeed. */
export async function sendMail(
  deps: SendDeps,
  input: { jobId: string; mail: string; about: About },
): Promise<JobOutcome> {
  const mail = mails.find(({ name }) => name === input.mail)
  // A newer replica may have recorded a mail this one does not know: fail, so that another replica gets it.
  if (mail === undefined) throw new Error(`no mail is called ${input.mail}`)
  let composed: ComposedMail | null
  try {
    composed = await mail.compose(sourcesOf(deps), input.about, deps.mailLocale)
  } catch (err) {
    if (isAppError(err, 'not_found')) return { kind: 'undeliverable', reason: `${mail.name}: its owner knows of none` }
    throw err
  }
  if (composed === null) return { kind: 'done' }
  const sent = await deps.mailer.send({ id: input.jobId, ...composed })
  return sent.kind === 'accepted' ? { kind: 'done' } : { kind: 'undeliverable', reason: sent.reason }
}

const sourcesOf = ({ clients, publicUrl }: SendDeps) => ({
  identity: clients.identity,
  orgs: clients.orgs,
  link: (path: string, token: string) => publicLink(publicUrl, path, token),
})
