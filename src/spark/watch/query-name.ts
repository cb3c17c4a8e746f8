import { fnv1a64 } from '../../std/hash.ts'
import type { SiteProgram } from '../site-program.ts'
import type { SparkSpec } from '../spark-spec.ts'
import { panesQuery, readingsSource, sessionSettings, siteFolder } from './query-plan.ts'

/** Every query of a site has a name of this beginning, and none of another site. */
export const namePrefix = (site: string): string => `nocturne ${site} `

/** Tells one text, and how it is started, from every other: who goes by it follows no old one. */
export function queryName(spec: SparkSpec, program: SiteProgram): string {
  const folder = siteFolder(spec, program.site)
  const { options, trigger } = panesQuery(spec, { program, name: '', folder })
  const asked = [sessionSettings(spec), readingsSource(spec, []), options, trigger]
  return `${namePrefix(program.site)}${program.hash} ${fnv1a64([JSON.stringify(asked)])}`
}
