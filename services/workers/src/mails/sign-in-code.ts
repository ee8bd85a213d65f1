/**
 * The code that signs in. Names nobody: who typed the address may not be its owner. Carries no link, so that nobody is
 * used to follow one.
 */
import { EmailCodeRequested } from '@gatehouse/contracts/events/identity/email-code'
import { defineMail } from './mail.ts'

export const signInCode = defineMail({
  name: 'sign-in-code',
  pipeline: 'mail',
  event: EmailCodeRequested,
  limit: { count: 20, hours: 1 },
  isAskedFor: true,
  due: ({ sign_in_id, user_id }) => ({ sign_in_id, user_id }),
  async ask({ identity }, { sign_in_id }) {
    const mail = await identity.mintEmailCode(sign_in_id)
    return mail && { to: mail.to, locale: mail.locale, values: { code: mail.code } }
  },
  sample: { code: '1234 5678' },
  texts: {
    en: ({ code }) => ({
      subject: 'Your code to sign in',
      paragraphs: [
        `Type this code where you are signing in: ${code}`,
        'It works once, for some minutes, and only there. Nobody of us ever asks for it. If you are not signing ' +
          'in, do nothing: without the code nobody gets in.',
      ],
    }),
    de: ({ code }) => ({
      subject: 'Ihr Code zum Anmelden',
      paragraphs: [
        `Geben Sie diesen Code dort ein, wo Sie sich anmelden: ${code}`,
        'Er gilt einmal, für einige Minuten und nur dort. Niemand von uns fragt jemals danach. Falls Sie sich ' +
          'nicht anmelden, müssen Sie nichts tun: Ohne den Code kommt niemand hinein.',
      ],
    }),
  },
})
