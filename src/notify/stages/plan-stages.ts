import { adoptStage } from './adopt-stage.ts'
import { dedupStage } from './dedup-stage.ts'
import { gatherStage } from './gather-stage.ts'
import type { PlanStage } from './plan-stage.ts'
import { routeStage } from './route-stage.ts'
import { writeStage } from './write-stage.ts'

/** The way of a step to a notice (A62), in order; each stage is a file of its name. */
export const planStages: readonly { readonly name: string; readonly stage: PlanStage }[] = [
  { name: 'route', stage: routeStage },
  { name: 'gather', stage: gatherStage },
  { name: 'adopt', stage: adoptStage },
  { name: 'dedup', stage: dedupStage },
  { name: 'write', stage: writeStage },
]
