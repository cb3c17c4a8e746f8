import { fnv1a64 } from '../std/hash.ts'
import { byText } from '../std/by-text.ts'

/**
 * FNV-1a-64 over the labels sorted by name, each as name, byte ff, value, byte ff; 16 hex digits
 * (A11). The same labels have the same fingerprint in Prometheus and Alertmanager.
 */
export function fingerprintOf(labels: Readonly<Record<string, string>>): string {
  const sorted = Object.entries(labels).sort(([a], [b]) => byText(a, b))
  return fnv1a64(sorted.flatMap(([name, value]) => [name, SEPARATOR, value, SEPARATOR]))
}

/** 0xff occurs in no UTF-8 text, so no two label sets give the same bytes. */
const SEPARATOR = Uint8Array.of(0xff)
