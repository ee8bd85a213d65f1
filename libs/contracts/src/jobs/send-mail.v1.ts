/**
 * Send one mail. Who gets it and what it says is asked from its owner while the job runs, so secrets are minted at
 * sending.
 */
import Type from 'typebox'

export const SendMail = {
  name: 'send-mail.v1',
  data: Type.Object({
    /** The name of the mail: a file in `services/workers/src/mails`. */
    mail: Type.String({ pattern: '^[a-z][a-z0-9-]{0,62}$' }),
    /** What the mail is about: ids by name, and at most an instant; never an address, a name or a secret. */
    about: Type.Record(Type.String(), Type.String({ maxLength: 200 })),
  }),
} as const
