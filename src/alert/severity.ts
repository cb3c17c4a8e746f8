import type { Severity } from '../model/monitor.ts'

const RANK: Readonly<Record<Severity, number>> = { info: 0, warning: 1, critical: 2 }

/** Positive if `a` is worse than `b`, 0 if alike. */
export const severityOrder = (a: Severity, b: Severity): number => RANK[a] - RANK[b]

/** The worse of two. */
export const worseSeverity = (a: Severity, b: Severity): Severity =>
  severityOrder(a, b) >= 0 ? a : b
