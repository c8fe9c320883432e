// What all charts share: colours from the theme, a line with its band, and what stands behind it. Drawn by lightweight-charts.
"use strict";
window.Draw = (function () {
  const L = window.LightweightCharts;
  const SIGNS = { USD: "$", EUR: "€", GBP: "£", JPY: "¥" };
  const SERIES = ["--net", "--crypto", "--pred", "--stock", "--custom"]; // of what is laid over

  const colour = (name, node = document.documentElement) => getComputedStyle(node).getPropertyValue(name).trim();

  function faint(hex, share) { // "#4aa3ff" at 20 %
    const whole = parseInt(hex.slice(1), 16);
    return `rgba(${whole >> 16}, ${(whole >> 8) & 255}, ${whole & 255}, ${share})`;
  }

  // ---- Numbers: the digits that their meaning deserves, as numbers.py has them.
  function say(value, unit = "", symbol = "") {
    if (value === null || value === undefined || !Number.isFinite(value)) return "—";
    if (symbol.startsWith("pred.")) return `${digits(value * 100, 3)} %`;
    if (unit === "ms") return Math.abs(value) >= 999.5 ? `${digits(value / 1000, 3)} s` : `${digits(value, 3)} ms`;
    if (unit === "B") return bytes(value);
    const text = /^(crypto\.(price|ma)|stock)\./.test(symbol) ? price(value) : digits(value, Math.abs(value) >= 1000 ? 7 : 4);
    return unit ? `${text} ${SIGNS[unit] ?? unit}` : text;
  }

  const digits = (value, most) => new Intl.NumberFormat("en", { maximumSignificantDigits: most }).format(value);

  function price(value) {
    const size = Math.abs(value);
    if (size >= 9999.5) return new Intl.NumberFormat("en", { maximumFractionDigits: 0 }).format(value);
    if (size >= 1) return new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(value);
    return digits(value, 4);
  }

  function bytes(value) {
    for (const [step, letter] of [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]]) {
      if (Math.abs(value) >= step) return `${digits(value / step, 3)} ${letter}B`;
    }
    return `${digits(value, 3)} B`;
  }

  // ---- Times: lightweight-charts counts in UTC, people do not.
  const local = (seconds, form) => new Intl.DateTimeFormat(undefined, form).format(new Date(seconds * 1000));
  const full = (seconds) => local(seconds, { dateStyle: "medium", timeStyle: "medium" });

  function tick(seconds, kind) { // kind: 0 year, 1 month, 2 day, 3 time, 4 with seconds
    if (kind === 0) return local(seconds, { year: "numeric" });
    if (kind === 1) return local(seconds, { month: "short" });
    if (kind === 2) return local(seconds, { day: "numeric", month: "short" });
    return local(seconds, { hour: "2-digit", minute: "2-digit", ...(kind === 4 ? { second: "2-digit" } : {}) });
  }

  // ---- The ground that every chart stands on.
  function look() {
    return {
      layout: {
        attributionLogo: false, // the policy allows no style elements; the notice stands on /about
        background: { color: "transparent" },
        textColor: colour("--second"),
        fontFamily: getComputedStyle(document.body).fontFamily,
        fontSize: 11,
      },
      grid: { vertLines: { visible: false }, horzLines: { color: colour("--border") } },
      crosshair: {
        mode: L.CrosshairMode.Normal,
        vertLine: { color: colour("--third"), labelBackgroundColor: colour("--raised") },
        horzLine: { color: colour("--third"), labelBackgroundColor: colour("--raised") },
      },
      rightPriceScale: { borderVisible: false, scaleMargins: { top: 0.12, bottom: 0.06 } },
      leftPriceScale: { borderVisible: false, scaleMargins: { top: 0.12, bottom: 0.06 } },
      timeScale: { borderColor: colour("--border"), timeVisible: true, secondsVisible: true, minBarSpacing: 0.1, tickMarkFormatter: tick },
      localization: { timeFormatter: full },
    };
  }

  function chart(container, more = {}) {
    return L.createChart(container, { autoSize: true, ...look(), ...more });
  }

  // When the theme changes, `paint` is called to colour everything anew.
  function onTheme(paint) {
    new MutationObserver(paint).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    matchMedia("(prefers-color-scheme: light)").addEventListener("change", paint);
  }

  // ---- A line for the mean and a band from the lowest to the highest, broken where there was nothing.
  class Band {
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

  // ---- Parts of a whole, one upon the other: `values` from the bottom up, in the colours of the options.
  class Stack extends Band {
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

  // ---- Behind the lines: gaps hatched in grey, alerts as a tinted span with a flag where they fired.
  class Backdrop {
    constructor() {
      this.gaps = [];
      this.alerts = [];
      this.x = () => null;
      const drawer = { draw: (target) => target.useBitmapCoordinateSpace((space) => this.draw(space)) };
      this.views = [{ zOrder: () => "bottom", renderer: () => drawer }];
    }

    attached({ chart: owner, requestUpdate }) { this.chart = owner; this.again = requestUpdate; }
    paneViews() { return this.views; }

    show(gaps, alerts, x) { this.gaps = gaps; this.alerts = alerts; this.x = x; this.again?.(); }

    draw({ context, bitmapSize, horizontalPixelRatio: wide, verticalPixelRatio: high }) {
      for (const gap of this.gaps) this.hatch(context, bitmapSize, this.x(gap.from) * wide, this.x(gap.to) * wide, wide);
      for (const alert of this.alerts) this.flag(context, bitmapSize, alert, wide, high);
    }

    hatch(context, { height }, left, right, scale) {
      if (!(right > left)) return;
      context.save();
      context.beginPath();
      context.rect(left, 0, right - left, height);
      context.clip();
      context.fillStyle = faint(colour("--third"), 0.1);
      context.fill();
      context.strokeStyle = faint(colour("--third"), 0.35);
      context.lineWidth = scale;
      context.beginPath();
      const first = Math.max(left - height, -height);
      for (let x = first - (first % (8 * scale)); x < right; x += 8 * scale) { context.moveTo(x, height); context.lineTo(x + height, 0); }
      context.stroke();
      context.restore();
    }

    flag(context, { height, width }, alert, wide, high) {
      const at = this.x(alert.fired_ms) * wide;
      const end = alert.ended_ms ? this.x(alert.ended_ms) * wide : width;
      const tone = colour(`--${alert.severity}`);
      context.fillStyle = faint(tone, 0.1);
      const left = Math.max(0, at);
      context.fillRect(left, 0, Math.max(1, Math.min(end, width) - left), height);
      if (!(at > 0)) return; // it began before: only its span is seen
      context.fillStyle = tone;
      context.fillRect(at, 0, Math.max(1, Math.round(wide)), height);
      context.beginPath();
      context.moveTo(at, 0);
      context.lineTo(at + 9 * wide, 4.5 * high);
      context.lineTo(at, 9 * high);
      context.fill();
    }
  }

  return { Backdrop, Band, SERIES, Stack, chart, colour, faint, full, local, look, onTheme, say };
})();
