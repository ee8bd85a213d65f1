/**
 * Runs the README's journey and the guides as a reader would paste them, and compares what they print; `…` in a
 * document stands for anything.
 */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'

type Step = { commands: string; prints: string | undefined }

/** The bash blocks in order, each with the block of what it prints, if one follows. */
export const stepsOf = (markdown: string): Step[] => {
  const blocks = [...markdown.matchAll(/```bash\n([\s\S]*?)```\n(?:prints\n```\n([\s\S]*?)```)?/g)]
  return blocks.map(([, commands = '', prints]) => ({ commands, prints }))
}

const separator = '--- next step ---'

const runScript = (script: string, env: Record<string, string>): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn('bash', ['-c', script], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const chunks: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.on('error', reject)
    child.on('close', () => resolve(Buffer.concat(chunks).toString()))
  })

const matches = (printed: string, expected: string): boolean => {
  const pattern = expected
    .trim()
    .split('…')
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('[\\s\\S]*?')
  return new RegExp(`^${pattern}$`).test(printed.trim())
}

const stepsOfFile = (path: string): Step[] => stepsOf(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'))

/**
 * Each step of the document that printed something else, with both texts. A guide begins where the README's first block
 * ends.
 */
export const pasteDocument = async (
  path: string,
  platformFile: string,
): Promise<{ steps: number; differences: { expected: string; printed: string }[] }> => {
  const own = stepsOfFile(path)
  const steps = path === 'README.md' ? own : [...stepsOfFile('README.md').slice(0, 1), ...own]
  const output = await runScript(steps.map((step) => step.commands).join(`\necho '${separator}'\n`), {
    GATEHOUSE_PLATFORM_FILE: platformFile,
    GATEHOUSE_DATA: dirname(platformFile),
  })
  const printed = output.split(`${separator}\n`)
  const differences = steps.flatMap(({ prints }, index) =>
    prints === undefined || matches(printed[index] ?? '', prints)
      ? []
      : [{ expected: prints, printed: printed[index] ?? '' }],
  )
  return { steps: steps.length, differences }
}
