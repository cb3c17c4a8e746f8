import { readFileSync, writeFileSync } from 'node:fs'
import { configManual } from '../src/config/config-manual.ts'

/** Writes docs/config.md from the schema; with `--check` only says whether it is stale. */
const FILE = new URL('../docs/config.md', import.meta.url)

function written(): string {
  try {
    return readFileSync(FILE, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  }
}

const manual = configManual()
if (!process.argv.includes('--check')) {
  writeFileSync(FILE, manual)
} else if (written() !== manual) {
  console.error('docs/config.md is stale; run: node scripts/config-docs.ts')
  process.exitCode = 1
}
