import type { Shape } from './state-look.ts'

/** Outlines in a box of 16; filled unless listed as hollow. */
const PATHS: Readonly<Record<Shape, string>> = {
  dot: 'M8 5a3 3 0 1 0 0 6a3 3 0 0 0 0-6z',
  octagon: 'M5.2 1h5.6L15 5.2v5.6L10.8 15H5.2L1 10.8V5.2z',
  triangle: 'M8 1.2L15.2 14.4H.8z',
  'triangle-hollow': 'M8 2.6L14 13.4H2z',
  square: 'M2 2h12v12H2z',
  'circle-crossed': 'M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8zM3.8 12.2L12.2 3.8',
  hatch: 'M2 14L14 2M2 8L8 2M8 14L14 8',
  line: 'M2 8h12',
}
const HOLLOW: ReadonlySet<Shape> = new Set(['triangle-hollow', 'circle-crossed', 'hatch', 'line'])

/** A state's shape, in the colour of the text around it; the word beside it says the same. */
export const ShapeIcon = ({ shape, isAcked = false }: { shape: Shape; isAcked?: boolean }) => (
  <svg class="shape" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
    <path class={HOLLOW.has(shape) ? 'shape-hollow' : 'shape-solid'} d={PATHS[shape]} />
    {isAcked && <path class="shape-tick" d="M4.6 8.4l2.3 2.4 4.4-5" />}
  </svg>
)
