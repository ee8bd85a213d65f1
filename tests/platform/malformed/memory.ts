/** How much memory each service holds, by its own metrics. */
import type { PlatformFile } from '../platform-file.ts'

/** Resident bytes by service. */
export async function memoryOf({ management }: Pick<PlatformFile, 'management'>): Promise<Record<string, number>> {
  const held = await Promise.all(
    Object.entries(management).map(async ([name, address]): Promise<[string, number]> => {
      const text = await (await fetch(`${address}/metrics`)).text()
      return [name, Number(/^process_resident_memory_bytes(?:\{[^}]*\})? ([0-9.e+]+)/m.exec(text)?.[1])]
    }),
  )
  return Object.fromEntries(held)
}
