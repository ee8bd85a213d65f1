// What `npm test` prints: the streams of the files as a line for each and one last line of counts. A test is a titled
// block that holds no other block; a file or a group that fails although nothing inside it did (a crash, a timeout)
// counts as one failed test.
import { Parser, type Result } from 'tap-parser'
import { stringify } from 'yaml'

export type Counts = { passed: number; failed: number; skipped: number }
/** What happened to one file. `figures`: what its tests measured or counted and said so. */
export type FileReport = Counts & { file: string; ok: boolean; seconds: number; failures: string[]; figures: string[] }
/** How the process of a file ended. `trouble`: why it did not end by itself with exit code 0. */
export type FileEnd = { file: string; seconds: number; trouble?: string | undefined }

/** What a test says with `t.comment`, and not what tap adds itself. */
const FIGURE = /^# (?!Subtest: |\{ total|(?:time|failed|skip|todo)\b)(.*)$/

export const noCounts = (): Counts => ({ passed: 0, failed: 0, skipped: 0 })

/** Reads what the process of one file writes to `stream`, and tells of it once the process has ended. */
export function createFileReader(): { stream: Parser; report: (end: FileEnd) => FileReport } {
  const stream = new Parser()
  const block = readBlock(stream)
  return {
    stream,
    report: ({ file, seconds, trouble }) => {
      const ok = trouble === undefined && stream.ok && stream.count > 0 && block.failed === 0
      if (!ok && block.failures.length === 0)
        block.failures.push(`not ok ${file}: ${trouble ?? 'its stream was cut, or empty'}`)
      if (!block.hasBlocks) block[ok ? 'passed' : 'failed'] += 1
      else if (!ok && block.failed === 0) block.failed += 1
      const { passed, failed, skipped, failures, figures } = block
      return { file, ok, seconds, passed, failed, skipped, failures, figures }
    },
  }
}

type Block = Counts & { hasBlocks: boolean; failures: string[]; figures: string[] }

/** Follows a titled block; what its blocks counted is its own once they are closed. */
function readBlock(parser: Parser): Block {
  const own: Block = { ...noCounts(), hasBlocks: false, failures: [], figures: [] }
  let within: Block | undefined
  parser.on('child', (child: Parser) => {
    own.hasBlocks = true
    within = readBlock(child)
  })
  parser.on('comment', (comment: string) => {
    const figure = FIGURE.exec(comment.trim())?.[1]
    if (figure !== undefined) own.figures.push(figure)
  })
  parser.on('assert', (result: Result) => {
    const block = within
    within = undefined
    if (block !== undefined) {
      close(block, result)
      for (const kind of ['passed', 'failed', 'skipped'] as const) own[kind] += block[kind]
      own.failures.push(...block.failures)
      own.figures.push(...block.figures)
    } else if (result.skip || result.todo) own.skipped += 1
    else if (!result.ok) own.failures.push(...described(result))
  })
  return own
}

/** Judges a block by the point that ends it. */
function close(block: Block, result: Result): void {
  if (!block.hasBlocks) block[result.ok ? 'passed' : 'failed'] += 1
  else if (!result.ok && block.failed === 0) block.failed += 1
  if (!result.ok && block.failures.length === 0) block.failures.push(...described(result))
}

function described({ fullname, name, diag }: Result): string[] {
  const title = `not ok ${fullname === '' || fullname.endsWith(name) ? fullname || name : `${fullname} > ${name}`}`
  return diag === null || diag === undefined ? [title] : [title, ...stringify(diag).trimEnd().split('\n').map(indent)]
}

const indent = (line: string): string => `  ${line}`

/** The last line of a run. */
export function summaryLine(counts: Counts): string {
  const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''
  return `${counts.passed} passed, ${counts.failed} failed${skipped}`
}
