/**
 * A name people read: of a person, an organization, a role. Any script may write it, with what scripts need (the
 * joiners of Persian and of emoji, direction marks, the tags of flags). Refused is what hides or breaks a line: control
 * characters, line separators, embeddings and overrides of direction (Unicode TR 36 §2.3), and a name of nothing
 * visible.
 */
import Type from 'typebox'

/** Letters and symbols that are drawn as nothing: the Hangul fillers and the empty Braille pattern. */
const blank = '\\u115f\\u1160\\u3164\\uffa0\\u2800'
const visible = '\\p{L}\\p{N}\\p{P}\\p{S}'
/**
 * Format characters that change how the text around them is drawn and nothing else: joiners, direction marks, and the
 * tags of flags, which are parts of emoji (UTS 51). A range of code points above U+FFFF is no regular expression
 * without the flag `u`, and serializers check without it.
 */
const harmlessFormat = '(?=\\p{Cf})[\\u061c\\u200c-\\u200f\\p{Emoji_Component}]'

export const DisplayName = Type.String({
  minLength: 1,
  maxLength: 200,
  // The alternatives exclude one another, so no input makes the matcher try twice.
  pattern:
    `^(?=(?:[^${visible}]|[${blank}])*(?![${blank}])[${visible}])` +
    `(?:[^\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}]|${harmlessFormat})*$`,
})
