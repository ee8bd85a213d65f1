/**
 * Curves as an SVG picture: small charts side by side, both axes logarithmic, because what is asked is how a cost
 * grows.
 */

export type Curve = { readonly name: string; readonly points: readonly { readonly x: number; readonly y: number }[] }
export type Chart = {
  readonly title: string
  readonly xLabel: string
  readonly yLabel: string
  readonly curves: readonly Curve[]
}

const width = 470
const height = 330
const plot = { left: 62, right: 16, top: 42, bottom: 46 }
const colours = ['#1f6feb', '#d1242f', '#1a7f37', '#9a6700']

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
const plain = (value: number): string => (value >= 1000 ? `${value / 1000}k` : String(value)).replace('1000k', '1M')

/** Powers of ten that hold all values. */
function decadesOf(values: readonly number[]): number[] {
  const from = Math.floor(Math.log10(Math.min(...values)) + 1e-9)
  const to = Math.max(from + 1, Math.ceil(Math.log10(Math.max(...values)) - 1e-9))
  return Array.from({ length: to - from + 1 }, (_, index) => 10 ** (from + index)).map((value) =>
    Number(value.toPrecision(1)),
  )
}

const scale = (decades: readonly number[], from: number, to: number) => {
  const [low, high] = [Math.log10(decades[0] as number), Math.log10(decades.at(-1) as number)]
  return (value: number): number => from + ((Math.log10(value) - low) / (high - low)) * (to - from)
}

export function drawCharts(charts: readonly Chart[]): string {
  const columns = Math.min(2, charts.length)
  const rows = Math.ceil(charts.length / columns)
  const placed = charts.map(
    (chart, index) =>
      `<g transform="translate(${(index % columns) * width} ${Math.floor(index / columns) * height})">` +
      `${drawChart(chart)}</g>`,
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${columns * width} ${rows * height}"
  font-family="sans-serif" font-size="11">
<rect width="100%" height="100%" fill="white"/>
${placed.join('\n')}
</svg>
`
}

function drawChart({ title, xLabel, yLabel, curves }: Chart): string {
  const points = curves.flatMap((curve) => curve.points)
  const [xs, ys] = [decadesOf(points.map(({ x }) => x)), decadesOf(points.map(({ y }) => y))]
  const x = scale(xs, plot.left, width - plot.right)
  const y = scale(ys, height - plot.bottom, plot.top + 16 * curves.length)
  const text = (o: { x: number; y: number; anchor: string; fill?: string }, content: string): string =>
    `<text x="${o.x.toFixed(1)}" y="${o.y.toFixed(1)}" text-anchor="${o.anchor}" ` +
    `fill="${o.fill ?? '#444'}">${escaped(content)}</text>`
  const line = (from: [number, number], to: [number, number], colour = '#e4e4e4'): string =>
    `<line x1="${from[0].toFixed(1)}" y1="${from[1].toFixed(1)}" x2="${to[0].toFixed(1)}" y2="${to[1].toFixed(1)}" ` +
    `stroke="${colour}"/>`
  const [low, high] = [y(ys[0] as number), y(ys.at(-1) as number)]
  const parts = [
    `<text x="${plot.left}" y="20" font-size="13" font-weight="bold">${escaped(title)}</text>`,
    ...xs.flatMap((value) => [
      line([x(value), low], [x(value), high]),
      text({ x: x(value), y: low + 16, anchor: 'middle' }, plain(value)),
    ]),
    ...ys.flatMap((value) => [
      line([plot.left, y(value)], [width - plot.right, y(value)]),
      text({ x: plot.left - 6, y: y(value) + 4, anchor: 'end' }, plain(value)),
    ]),
    text({ x: (plot.left + width - plot.right) / 2, y: height - 10, anchor: 'middle' }, xLabel),
    `<text transform="translate(14 ${(low + high) / 2}) rotate(-90)" ` +
      `text-anchor="middle" fill="#444">${escaped(yLabel)}</text>`,
    ...curves.flatMap((curve, index) => {
      const colour = colours[index % colours.length] as string
      const at = curve.points.map((point) => [x(point.x), y(point.y)] as const)
      return [
        `<polyline fill="none" stroke="${colour}" stroke-width="2" ` +
          `points="${at.map(([px, py]) => `${px.toFixed(1)},${py.toFixed(1)}`).join(' ')}"/>`,
        ...at.map(([px, py]) => `<circle cx="${px.toFixed(1)}" cy="${py.toFixed(1)}" r="3" fill="${colour}"/>`),
        text({ x: plot.left + 8, y: plot.top + 16 * index, anchor: 'start', fill: colour }, curve.name),
      ]
    }),
  ]
  return parts.join('\n')
}
