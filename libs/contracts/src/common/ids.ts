/**
 * Identifiers on the wire: TypeIDs (a prefix naming the type, then a UUIDv7 in base32).
 * A value with another prefix is not an identifier of this type, so it can never reach a query for it.
 */
import Type from 'typebox'

/**
 * 26 characters of base32 that hold a UUID of RFC 9562 §4: the 11th begins with the version (1 to 8), the 14th carries
 * the variant `10`. Any other 26 characters are no identifier, so no conversion to a UUID can fail behind a contract.
 */
export const typeIdSuffix = '[0-7][0-9a-hjkmnp-tv-z]{9}[2-9a-h][0-9a-hjkmnp-tv-z]{2}[89abrstv][0-9a-hjkmnp-tv-z]{12}'
const typeId = (prefix: string) =>
  Type.String({ pattern: `^${prefix}_${typeIdSuffix}$`, maxLength: prefix.length + 27 })

export const UserId = typeId('user')
export const OrganizationId = typeId('org')
export const MembershipId = typeId('mem')
export const InvitationId = typeId('inv')
export const AccessRequestId = typeId('arq')
export const DomainId = typeId('dom')
export const SessionId = typeId('ses')
export const ServiceAccountId = typeId('svc')
export const ApiKeyId = typeId('apk')
export const SigningKeyId = typeId('key')
export const PasskeyId = typeId('pky')
export const RememberedDeviceId = typeId('rmd')
export const RoleId = typeId('role')
export const PolicyId = typeId('pol')
export const GroupId = typeId('grp')
export const EntityId = typeId('ent')
export const AssignmentId = typeId('asg')
export const EmailVerificationId = typeId('ver')
export const SignInId = typeId('sin')
export const PasswordResetId = typeId('rst')
export const AddressChangeId = typeId('emc')
export const WebhookId = typeId('whk')
export const WebhookDeliveryId = typeId('whd')
export const AuditEventId = typeId('aud')
export const UndeliverableAddressId = typeId('und')
export const NotificationId = typeId('ntf')
export const SecurityAlertId = typeId('alr')
export const OAuthClientId = typeId('client')
/**
 * The `client_id` of a client: an id of ours, or the address of the document about it (OAuth Client ID Metadata
 * Document).
 */
export const ClientIdentifier = Type.String({ pattern: `^(client_${typeIdSuffix}|https?://.+)$`, maxLength: 500 })
export const OAuthClientSecretId = typeId('cls')
export const RegistrationTokenId = typeId('rgt')
export const AuthorizationId = typeId('azr')
export const DeviceAuthorizationId = typeId('dva')
export const ConsentId = typeId('cns')
export const EventId = typeId('evt')

/** Keys people choose for roles, policies, applications: lower case, digits, dashes. */
export const Key = Type.String({ pattern: '^[a-z][a-z0-9-]{0,62}$', maxLength: 63 })
