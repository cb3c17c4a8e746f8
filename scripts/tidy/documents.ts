import { posix } from 'node:path'
import type { Finding, Rule } from './finding.ts'
import type { Tree } from './tree.ts'

/** All that may stand at the root; a new name there is a decision, not an accident. */
const ROOT: readonly string[] = [
  '.ci',
  'bench',
  'bin',
  'docs',
  'examples',
  'scripts',
  'src',
  'test',
  'web',
  'README.md',
  'ARCHITECTURE.md',
  'STYLE.md',
  'SPEC.md',
  'GUARANTEES.md',
  'SECURITY.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'LICENSE',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  '.gitignore',
  '.oxlintrc.json',
  '.prettierrc.json',
  '.prettierignore',
  '.npmrc',
]
const FILE_BYTES_MAX = 262_144
/** What a document names in code marks: a path of the tree, up to an optional line number. */
const PATH = /`((?:src|web|test|bench|scripts|docs|examples|bin|\.ci)\/[\w./-]*)(?::\d+)?`/g
const LINK = /\]\((?!\w+:|#)([^)#\s]+)(?:#[^)]*)?\)/g
const NPM_RUN = /\bnpm run ([\w:-]+)/g

/** Documents name what is there, and all text is laid out alike. */
export const documents: Rule = {
  name: 'documents',
  *check(tree) {
    for (const [path, bytes] of tree.bytesByPath) {
      const top = path.split('/')[0]!
      if (!ROOT.includes(top))
        yield finding(path, 1, `${top} is no name of the root; move it into a folder`)
      if (bytes > FILE_BYTES_MAX)
        yield finding(path, 1, `${bytes} bytes of at most ${FILE_BYTES_MAX}; make it in a script`)
    }
    const known = pathsOf(tree)
    const scripts = scriptsOf(tree)
    for (const [path, text] of tree.texts) {
      yield* layout(path, text)
      if (path.endsWith('.md')) yield* titleFaults(path, text)
      if (path.endsWith('.md')) yield* mentions(path, text, { known, scripts })
    }
  },
}

const finding = (path: string, line: number, says: string): Finding => ({
  rule: 'documents',
  path,
  line,
  says,
})

function pathsOf(tree: Tree): ReadonlySet<string> {
  const paths = new Set<string>()
  for (const path of tree.bytesByPath.keys()) {
    for (let at = path; at !== '.' && !paths.has(at); at = posix.dirname(at)) paths.add(at)
  }
  return paths
}

const scriptsOf = (tree: Tree): ReadonlySet<string> =>
  new Set(Object.keys(JSON.parse(tree.texts.get('package.json') ?? '{}').scripts ?? {}))

function* layout(path: string, text: string): Iterable<Finding> {
  if (path.endsWith('.md') && text.trim() === '')
    yield finding(path, 1, 'an empty page; write or delete it')
  for (const [at, line] of text.split('\n').entries()) {
    if (line.includes('\t'))
      yield finding(path, at + 1, 'a tab; indent with blanks, write \\t in code')
    if (line.endsWith('\r')) yield finding(path, at + 1, 'a line ends in CR LF; end it in LF')
    else if (/\s$/.test(line))
      yield finding(path, at + 1, 'blanks at the end of a line; take them away')
  }
}

/** Lines of a page that are prose, with their numbers from 0; fenced code is none. */
function prose(text: string): (readonly [number, string])[] {
  let isCode = false
  return [...text.split('\n').entries()].filter(([, line]) => {
    if (line.startsWith('```')) isCode = !isCode
    return !isCode
  })
}

function* titleFaults(path: string, text: string): Iterable<Finding> {
  const count = prose(text).filter(([, line]) => line.startsWith('# ')).length
  if (count !== 1) yield finding(path, 1, `${count} titles; a page has one`)
}

type Known = { readonly known: ReadonlySet<string>; readonly scripts: ReadonlySet<string> }

function* mentions(path: string, text: string, { known, scripts }: Known): Iterable<Finding> {
  for (const [at, line] of text.split('\n').entries()) {
    for (const [, name = ''] of line.matchAll(NPM_RUN)) {
      if (!scripts.has(name))
        yield finding(path, at + 1, `npm run ${name} is not in package.json; name one that is`)
    }
    for (const [, name = ''] of line.matchAll(PATH)) {
      if (!known.has(name.replace(/\/$/, '')))
        yield finding(path, at + 1, `${name} is not there; name what is`)
    }
  }
  for (const [at, line] of prose(text)) {
    for (const [, link = ''] of line.matchAll(LINK)) {
      const to = posix.join(posix.dirname(path), link).replace(/\/$/, '')
      if (!known.has(to)) yield finding(path, at + 1, `the link ${link} leads nowhere; mend it`)
    }
  }
}
