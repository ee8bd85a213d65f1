/**
 * Makes every fast-check run of a test file repeatable: the same sources give the same cases, on every machine.
 * `GATEHOUSE_SEED` sets another seed, so a nightly run searches further than the run that judges a change.
 */
import fc from 'fast-check'

export const seed = Number(process.env['GATEHOUSE_SEED'] ?? 8)

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed })
