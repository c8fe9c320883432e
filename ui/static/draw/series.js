import { faint } from "./look.js";

const L = window.LightweightCharts;

// A line for the mean and a band from the lowest to the highest, broken where there was nothing.
export class Band {
  constructor() {
    this.given = null;
    this.drawer = { draw: (target, toY) => target.useBitmapCoordinateSpace((space) => this.draw(space, toY)) };
  }

  renderer() { return this.drawer; }
  update(given, options) { this.given = given; this.options = options; }
  priceValueBuilder(row) { return [row.low, row.high, row.value]; }
  isWhitespace(row) { return row.value === undefined; }
  defaultOptions() { return { ...L.customSeriesDefaultOptions, color: "#888888", lineWidth: 1.5, band: true }; }

  runs() {
    const { bars, visibleRange } = this.given;
    const shown = bars.slice(Math.max(0, visibleRange.from - 1), visibleRange.to + 1);
    const runs = [];
    for (const bar of shown) {
      if (bar.originalData.value === undefined) continue;
      if (!runs.length || bar.originalData.broken) runs.push([]);
      runs[runs.length - 1].push(bar);
    }
    return runs;
  }

  draw({ context, horizontalPixelRatio: wide, verticalPixelRatio: high }, toY) {
    if (!this.given?.visibleRange) return;
    const y = (value) => toY(value) * high;
    context.lineJoin = "round";
    for (const run of this.runs()) {
      if (this.options.band && run.some(({ originalData: each }) => each.high > each.low)) {
        context.beginPath();
        for (const bar of run) context.lineTo(bar.x * wide, y(bar.originalData.high));
        for (const bar of [...run].reverse()) context.lineTo(bar.x * wide, y(bar.originalData.low));
        context.fillStyle = faint(this.options.color, 0.18);
        context.fill();
      }
      context.beginPath();
      for (const bar of run) context.lineTo(bar.x * wide, y(bar.originalData.value));
      context.strokeStyle = context.fillStyle = this.options.color;
      context.lineWidth = this.options.lineWidth * high;
      context.stroke();
      if (run.length === 1) { // else nothing would be seen of it
        context.beginPath();
        context.arc(run[0].x * wide, y(run[0].originalData.value), 2 * high, 0, 7);
        context.fill();
      }
    }
  }
}

// Parts of a whole, one upon the other: `values` from the bottom up, in the colours of the options.
export class Stack extends Band {
  priceValueBuilder(row) { return [0, row.value]; }
  defaultOptions() { return { ...L.customSeriesDefaultOptions, colours: [], edge: "#888888" }; }

  draw({ context, horizontalPixelRatio: wide, verticalPixelRatio: high }, toY) {
    if (!this.given?.visibleRange) return;
    const top = (bar, layer) => toY(bar.originalData.values.slice(0, layer).reduce((sum, each) => sum + each, 0)) * high;
    for (const run of this.runs()) {
      this.options.colours.forEach((shade, layer) => {
        context.beginPath();
        for (const bar of run) context.lineTo(bar.x * wide, top(bar, layer + 1));
        for (const bar of [...run].reverse()) context.lineTo(bar.x * wide, top(bar, layer));
        context.fillStyle = shade;
        context.fill();
        context.beginPath();
        for (const bar of run) context.lineTo(bar.x * wide, top(bar, layer + 1));
        context.strokeStyle = this.options.edge;
        context.lineWidth = high;
        context.stroke();
      });
    }
  }
}
