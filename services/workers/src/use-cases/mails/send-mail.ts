/**
 * Sends one mail: its owner says where to and mints the secret, at this moment and anew on every try. What an address
 * has too much of is given up with its reason, so an operator sees it and can replay it; so is what goes to an address
 * that takes no mail. A mail somebody asked for at this moment is tried there all the same: that it is taken is the
 * proof that the address is one again.
 */
import { isAppError } from '@gatehouse/service-kit/errors/app-error'
import type { JobOutcome } from '@gatehouse/service-kit/jobs/processor'
import { chargeBudgets } from '@gatehouse/service-kit/postgres/budgets'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import { normalizeEmailAddress } from '@gatehouse/service-kit/text/email-address'
import type { MailedPage } from '@gatehouse/contracts/http/pages'
import type { Deps } from '../../deps.ts'
import type { About, ComposedMail, Mail, MailSources } from '../../mails/mail.ts'
import { mails } from '../../mails/mails.ts'
import { publicLink } from '../../mails/public-link.ts'
import { isUndeliverable } from '../../store/undeliverable-addresses.ts'
import { findDigest } from '../../store/notifications.ts'
import { noteAcceptance, noteRefusal } from './undeliverable.ts'

export type SendDeps = Pick<Deps, 'system' | 'spine' | 'clients' | 'mailer' | 'publicUrl' | 'mailStyle'>

/** @throws AppError or Error when a later try may succeed. */
export async function sendMail(
  deps: SendDeps,
  input: { jobId: string; attempt: number; mail: string; about: About },
): Promise<JobOutcome> {
  const mail = mails.find(({ name }) => name === input.mail)
  // A newer replica may have recorded a mail this one does not know: fail, so that another replica gets it.
  if (mail === undefined) throw new Error(`no mail is called ${input.mail}`)
  let composed: ComposedMail | null
  try {
    composed = await mail.compose(sourcesOf(deps), input.about, deps.mailStyle)
  } catch (err) {
    if (isAppError(err, 'not_found')) return { kind: 'undeliverable', reason: `${mail.name}: its owner knows of none` }
    throw err
  }
  if (composed === null) return { kind: 'done' }
  const isKnownToRefuse = await isUndeliverable(deps.system, composed.to)
  if (isKnownToRefuse && !mail.isAskedFor)
    return { kind: 'undeliverable', reason: `${mail.name}: the address takes no mail` }
  if (input.attempt === 1 && !(await mayReceive(deps, mail, composed.to)))
    return { kind: 'undeliverable', reason: `${mail.name}: the recipient has had too many of these` }
  const sent = await deps.mailer.send({ id: input.jobId, ...composed })
  if (sent.kind === 'accepted') {
    if (isKnownToRefuse) await noteAcceptance(deps, composed.to)
    return { kind: 'done' }
  }
  if (sent.isOfAddress) {
    const { user_id: userId } = input.about
    await noteRefusal(deps, { address: composed.to, userId, mail: mail.name, reason: sent.reason })
  }
  return { kind: 'undeliverable', reason: sent.reason }
}

/** Counted once per job, on its first try: what the mail server refused for now is the same mail. */
async function mayReceive(deps: SendDeps, mail: Mail, to: string): Promise<boolean> {
  const { count, hours } = mail.limit
  const key = `${mail.name} to ${normalizeEmailAddress(to) ?? to}`
  const charge = { key, budget: { count, periodSeconds: hours * 3600 } }
  const { kind } = await inScope(deps.system, {}, (tx) => chargeBudgets(tx, [charge]))
  return kind === 'granted'
}

const sourcesOf = ({ system, clients, publicUrl }: SendDeps): MailSources => ({
  identity: clients.identity,
  orgs: clients.orgs,
  link: ({ path }: MailedPage, token: string) => publicLink(publicUrl, path, token),
  digestOf: (o) => findDigest(system, o),
})
