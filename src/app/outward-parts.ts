import { forwardParts, type ForwardDeps, type ForwardPart } from './forward-parts.ts'
import { notifyParts, type NotifyDeps } from './notify-parts.ts'
import type { Role } from './roles.ts'

export type OutwardDeps = Omit<NotifyDeps, 'spec' | 'adopt'> &
  ForwardDeps & { readonly wanted: ReadonlySet<Role> }

/** The loops that tell the world outside, as far as the roles ask for them: people, and a cloud. */
export function outwardParts(deps: OutwardDeps): readonly ForwardPart[] {
  const { wanted, config } = deps
  const parts: ForwardPart[] = []
  if (wanted.has('notify')) {
    const notify = notifyParts({ ...deps, spec: config.notify, ...adopted(deps) })
    parts.push(...notify.map(({ name, run }) => ({ name: `notify/${name}`, run })))
  }
  if (wanted.has('forward')) parts.push(...forwardParts(deps))
  return parts
}

/** A site holds its notices only where this process knows what the cloud has (A77). */
function adopted({ config, wanted, link }: OutwardDeps): Pick<NotifyDeps, 'adopt'> {
  if (config.sites.length > 0) return { adopt: { as: 'cloud' } }
  const isKnown = config.forward !== undefined && wanted.has('forward')
  return isKnown ? { adopt: { as: 'site', link } } : {}
}
