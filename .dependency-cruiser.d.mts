/** The shape of the arrows file for the tests that run it. */
import type { ICruiseOptions, IFlattenedRuleSet } from 'dependency-cruiser'

declare const config: {
  forbidden: NonNullable<IFlattenedRuleSet['forbidden']>
  options: ICruiseOptions & { enhancedResolveOptions: object }
}
export default config
