/** What a counter adds up elsewhere is set here; a counter of prom-client can only be reset. */
export function setTotal<Labels extends Record<string, string>>(
  counter: { remove(labels: Labels): void; inc(labels: Labels, value: number): void },
  labels: Labels,
  total: number,
): void {
  counter.remove(labels)
  counter.inc(labels, total)
}
