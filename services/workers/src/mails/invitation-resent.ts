/** An invitation that is sent again: the same words, with a link that is the only one from then on. */
import { InvitationResent } from '@gatehouse/contracts/events/orgs/invitation'
import { invitationMail } from './invitation.ts'
import { defineMail } from './mail.ts'

export const invitationResent = defineMail({ ...invitationMail, name: 'invitation-resent', event: InvitationResent })
