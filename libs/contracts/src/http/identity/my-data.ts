/** What belongs to a person: their data in one document, and the end of their account. */
import Type, { type Static } from 'typebox'
import { PasskeyId } from '../../common/ids.ts'
import { Instant } from '../../common/scalars.ts'
import { defineRoute } from '../contract.ts'
import { User } from './account.ts'

/** Everything identity keeps of a person that can be read; hashes of passwords and of secrets are of use to nobody. */
export const MyData = Type.Object({
  exported_at: Instant,
  user: User,
  /** When the password was set; null without one. */
  password_changed_at: Type.Union([Instant, Type.Null()]),
  authenticator_app: Type.Union([
    Type.Object({ enrolled_at: Instant, last_used_at: Type.Union([Instant, Type.Null()]) }),
    Type.Null(),
  ]),
  recovery_codes_left: Type.Integer(),
  passkeys: Type.Array(
    Type.Object({
      id: PasskeyId,
      name: Type.String(),
      created_at: Instant,
      last_used_at: Type.Union([Instant, Type.Null()]),
    }),
  ),
  address_changes: Type.Array(
    Type.Object({
      address: Type.String(),
      old_address: Type.Union([Type.String(), Type.Null()]),
      requested_at: Instant,
      confirmed_at: Type.Union([Instant, Type.Null()]),
    }),
  ),
  deletion_due_at: Type.Union([Instant, Type.Null()]),
  /** Where the rest is read, by what it is about. */
  elsewhere: Type.Record(Type.String(), Type.String()),
})
export type MyData = Static<typeof MyData>

export const ExportMyData = defineRoute({
  operationId: 'exportMyData',
  service: 'identity',
  method: 'GET',
  path: '/v1/me/export',
  impersonation: 'refused',
  summary:
    'One’s own data in one document (GDPR article 20), with where sessions, organizations and activity are read.',
  auth: 'user',
  success: { status: 200, body: MyData, description: 'The data.' },
  problems: ['insufficient_user_authentication'],
})

export const DeleteMe = defineRoute({
  operationId: 'deleteMe',
  service: 'identity',
  method: 'DELETE',
  path: '/v1/me',
  summary:
    'Have oneself erased, with a recent sign-in. Until the day that is answered everything works and `POST ' +
    '/v1/me/deletion/undo` takes it back; a mail says so.',
  auth: 'user',
  success: {
    status: 200,
    body: Type.Object({ deletion_due_at: Instant }),
    description: 'When it will be. The same day again for whoever asks again.',
  },
  problems: ['insufficient_user_authentication'],
})

export const UndoMyDeletion = defineRoute({
  operationId: 'undoMyDeletion',
  service: 'identity',
  method: 'POST',
  path: '/v1/me/deletion/undo',
  summary: 'Stay after all.',
  auth: 'user',
  success: { status: 204, description: 'Nothing is going to be erased; the same for whom nothing was.' },
})
