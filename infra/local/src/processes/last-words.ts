// Reads from the end of a child's log why it died: the last line of error level that a program of any of our kinds writes.

const WORTH_TELLING = /\b(FATAL|PANIC|ERR|ERROR|Error|error|fatal|\[FTL\]|\[ERR\])\b|\bexception\b/

/** One line of reason from a log, or undefined if the log is silent. */
export function lastWords(log: string): string | undefined {
  const lines = log.split('\n').map((line) => line.trim()).filter((line) => line !== '')
  const structured = lines.map(fromPino)
  const told = lines.map((line, index) => structured[index] ?? line)
  for (let index = lines.length - 1; index >= 0; index--) {
    const line = told[index] ?? ''
    if (structured[index] !== undefined || (!lines[index]?.startsWith('{') && WORTH_TELLING.test(line))) return shorten(line)
  }
  const last = told.at(-1)
  return last === undefined ? undefined : shorten(last)
}

type PinoLine = { level?: number; msg?: string; err?: { message?: string } }

function fromPino(line: string): string | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    const { level, msg, err } = JSON.parse(line) as PinoLine
    if (typeof level !== 'number' || level < 50) return undefined
    return [msg, err?.message].filter((part) => part !== undefined && part !== '').join(': ')
  } catch {
    return undefined
  }
}

function shorten(line: string): string {
  const text = line.replace(/^\d{4}-\d\d-\d\d[ T][\d:.]+\S*( \w+)? (\[\d+\] )?/, '')
  return text.length > 300 ? `${text.slice(0, 300)}…` : text
}
