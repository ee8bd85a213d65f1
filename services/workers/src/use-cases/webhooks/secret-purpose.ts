/** What a secret's ciphertext is bound to: copied to another endpoint it does not open there. */
export const secretPurpose = (endpointId: string): string => `webhook secret of ${endpointId}`
