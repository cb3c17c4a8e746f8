import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

/** A folder for secrets, removed after the test. */
export async function secretsFolder(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'nocturne-secrets-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return {
    folder,
    /** Writes a file as only its owner may read it, or writes it anew. */
    write: async (name: string, text: string): Promise<string> => {
      const file = join(folder, name)
      await writeFile(file, text, { mode: 0o600 })
      return file
    },
  }
}
