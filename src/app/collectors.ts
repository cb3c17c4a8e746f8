import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { fileLines, inputLines } from '../collect/file-source.ts'
import { FileCollector } from '../collect/file-collector.ts'
import { beatEverySecond, type BeatInput } from '../collect/heartbeat.ts'
import { HttpIntake } from '../collect/http-intake.ts'
import { MatchNightSource } from '../collect/night/match-night-source.ts'
import { nightSites } from '../collect/night/night-faults.ts'
import { ReadingIntake } from '../collect/reading-intake.ts'
import { RecordBatch } from '../collect/record-batch.ts'
import { runSs } from '../collect/run-ss.ts'
import { SessionSampling } from '../collect/sampling.ts'
import { SsSource } from '../collect/ss-source.ts'
import { TailCollector } from '../collect/tail-collector.ts'
import type { Config, MatchNightSpec, SourceSpec } from '../config/config.ts'
import type { Log } from '../log/log.ts'
import type { Clock } from '../std/clock.ts'
import { compileMapping } from '../wire/mapping.ts'

/** A loop of the outside world, to be run under the supervisor. */
export type Collector = {
  readonly name: string
  readonly run: (signal: AbortSignal) => Promise<void>
}

export type Collectors = {
  readonly http: HttpIntake
  readonly loops: readonly Collector[]
  readonly intakes: readonly { readonly source: string; readonly intake: ReadingIntake }[]
}

export type CollectorDeps = {
  readonly log: Log
  readonly clock: Clock
  readonly config: Config
  readonly input: AsyncIterable<Uint8Array>
}

/** All sources of the configuration, with the heartbeats that speak for them (W10). */
export function createCollectors(deps: CollectorDeps): Collectors {
  const { log, clock, config } = deps
  const { partitions } = config.log
  const maker = new CollectorMaker(deps)
  const http = new HttpIntake({ log, clock, intake: maker.intake('http', config.collect.map) })
  const loops: Collector[] = []
  // The kernel's sockets beat for themselves: where there is no `ss`, the other inputs still do.
  const beat = (name: string, inputs: readonly BeatInput[]): Collector => ({
    name: `beat/${name}`,
    run: (signal) => {
      const collector = `${name}@${hostname()}`
      const { site } = config
      return beatEverySecond({ log, clock, site, collector, partitions, inputs }, signal)
    },
  })
  const local: BeatInput[] = [http]
  for (const source of config.collect.sources) {
    if (source.kind === 'match-night') {
      loops.push(...maker.night(source))
      continue
    }
    const { input, loop } = maker.source(source)
    loops.push(loop)
    if (source.kind === 'ss') loops.push(beat('ss', [input]))
    else local.push(input)
  }
  loops.push(beat('nocturne', local))
  const posted = { log, clock, collector: `posted@${hostname()}`, partitions }
  loops.push({ name: 'beat/posted', run: (signal) => http.sites.beat(posted, signal) })
  return { http, loops, intakes: maker.intakes }
}

class CollectorMaker {
  readonly #deps: CollectorDeps
  readonly #sampling: SessionSampling | undefined
  readonly intakes: { readonly source: string; readonly intake: ReadingIntake }[] = []

  constructor(deps: CollectorDeps) {
    this.#deps = deps
    const { rate, key } = deps.config.collect.sampling
    this.#sampling =
      rate >= 1 ? undefined : new SessionSampling({ rate, key: key?.reveal() ?? randomBytes(32) })
  }

  intake(source: string, map: Config['collect']['map'], collector?: string): ReadingIntake {
    const { clock, config } = this.#deps
    const intake = new ReadingIntake({
      clock,
      partitions: config.log.partitions,
      source,
      ...(collector === undefined ? {} : { collector }),
      ...(Object.keys(map).length === 0 ? {} : { map: compileMapping(map) }),
      ...(this.#sampling === undefined ? {} : { sampling: this.#sampling }),
    })
    this.intakes.push({ source, intake })
    return intake
  }

  source(spec: Exclude<SourceSpec, MatchNightSpec>): { input: BeatInput; loop: Collector } {
    const { log, clock, config, input: stdin } = this.#deps
    const batch = new RecordBatch(log)
    if (spec.kind === 'ss') {
      const source = new SsSource({
        clock,
        site: config.site,
        intake: this.intake('ss', {}),
        batch,
        run: runSs,
        filter: spec.filter,
        rules: spec.rules,
        nameKey: randomBytes(32),
      })
      return { input: source, loop: { name: 'ss', run: (signal) => source.run(signal) } }
    }
    const name = `${spec.kind}:${spec.path ?? ''}`
    // Brokers have rows of many machines, and a path says nothing of whose file it is (D7).
    const collector = config.log.kafka === undefined ? name : `${name}@${hostname()}`
    const path = spec.path ?? ''
    if (spec.kind === 'tail') {
      const intake = this.intake(name, spec.map, collector)
      const tail = new TailCollector({ log, clock, path, collector, intake, batch })
      return { input: tail, loop: { name, run: (signal) => tail.run(signal) } }
    }
    const isFile = spec.kind === 'file'
    const chunks = isFile ? fileLines(path) : inputLines(stdin, 'stdin')
    const intake = this.intake(name, spec.map, isFile ? collector : undefined)
    const file = new FileCollector({
      log,
      clock,
      chunks,
      intake,
      batch,
      ...(isFile ? { collector } : {}),
    })
    return { input: file, loop: { name, run: (signal) => file.run(signal) } }
  }

  /** The simulated evening beats for sites of its own, so that it never speaks for a real one. */
  night(spec: MatchNightSpec): readonly Collector[] {
    const { log, clock, config } = this.#deps
    const { partitions } = config.log
    const night = { ...spec, startAt: Math.floor(clock.now() / 1000) * 1000 }
    const batch = new RecordBatch(log)
    const intake = this.intake('match-night', {})
    const source = new MatchNightSource({ clock, intake, batch, night }, nightSites)
    const beats = nightSites.map((site) => ({
      name: `beat/${site}`,
      run: (signal: AbortSignal) => {
        const inputs = [source.input(site)]
        const collector = `match-night@${site}`
        return beatEverySecond({ log, clock, collector, partitions, site, inputs }, signal)
      },
    }))
    return [{ name: 'match-night', run: (signal) => source.run(signal) }, ...beats]
  }
}
