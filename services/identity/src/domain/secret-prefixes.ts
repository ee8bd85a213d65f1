/** What the secrets identity gives out begin with, so that one kind can never pass for another. */

export const verificationPrefix = 'gthv_'
export const resetPrefix = 'gthw_'
export const addressPrefix = 'gthe_'
export const challengePrefix = 'gthc_'
export const registrationPrefix = 'gthg_'
export const rememberedDevicePrefix = 'gthm_'
