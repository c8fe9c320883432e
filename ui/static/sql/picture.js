// An answer as a picture: lines over time, or bars by name.
import { say } from "../draw/figures.js";
import { showAll } from "../draw/history.js";
import { SERIES, chart as makeChart, colour } from "../draw/look.js";
import { Band } from "../draw/series.js";
import { NUMBER, TIME, element } from "./parts.js";

const MOST_LINES = 12;
const MOST_BARS = 60;
const MOST_STEPS = 3000; // of an even time scale
const GAP_STEPS = 3.5; // a silence this many times the step breaks the line

export function plan({ columns, rows }) {
  const kinds = columns.map(({ type }) => (TIME.test(type) ? "time" : NUMBER.test(type) ? "number" : "text"));
  const [time, text] = [kinds.indexOf("time"), kinds.indexOf("text")];
  const numbers = kinds.flatMap((kind, at) => (kind === "number" ? [at] : []));
  if (!rows.length || !numbers.length || (time < 0 && text < 0)) return null;
  return { time, text, numbers };
}

function lines({ columns, rows }, { time, text, numbers }) { // name -> [{time, value}], by time
  const found = new Map();
  for (const row of rows) {
    const at = Date.parse(row[time]) / 1000;
    if (!Number.isFinite(at)) continue;
    for (const number of text < 0 ? numbers : numbers.slice(0, 1)) {
      const name = text < 0 ? columns[number].name : String(row[text]);
      if (row[number] === null) continue;
      if (!found.has(name)) found.set(name, new Map());
      const value = Number(row[number]);
      found.get(name).set(at, { time: at, value, low: value, high: value });
    }
  }
  return [...found].slice(0, MOST_LINES).map(([name, points]) => [name, [...points.values()].sort((a, b) => a.time - b.time)]);
}

// Into the frame; `draw` again with another answer, or after the theme has changed.
export class Picture {
  constructor(canvas, legend) {
    this.canvas = canvas;
    this.legend = legend;
    this.chart = null;
  }

  draw(answer) {
    const how = plan(answer);
    this.chart?.remove();
    this.chart = null;
    this.canvas.replaceChildren();
    this.legend.replaceChildren();
    this.canvas.classList.toggle("canvas-bars", how.time < 0);
    if (how.time < 0) this.canvas.replaceChildren(bars(answer, how));
    else this.drawLines(lines(answer, how));
  }

  drawLines(drawn) {
    this.chart = makeChart(this.canvas);
    const shades = [...SERIES, "--info", "--warn", "--error"].map((name) => colour(name));
    const times = evenly(drawn);
    drawn.forEach(([name, points], at) => {
      const shade = shades[at % shades.length];
      const line = this.chart.addCustomSeries(new Band(), { color: shade, priceLineVisible: false, priceFormat: { type: "custom", formatter: (value) => say(value), minMove: 1e-8 } });
      line.setData(spread(points, times));
      const entry = element("span", "legend-entry");
      const dot = element("span", "legend-dot");
      dot.style.background = shade;
      entry.append(dot, element("bdi", "", name));
      this.legend.append(entry);
    });
    const { chart } = this;
    requestAnimationFrame(() => { if (chart === this.chart) showAll(chart.timeScale(), times.times.length); }); // it has its width then
  }
}

// Time runs evenly, as far as the answer has a step that it keeps to.
function evenly(drawn) {
  const known = [...new Set(drawn.flatMap(([, points]) => points.map(({ time }) => time)))].sort((a, b) => a - b);
  const step = Math.min(...known.slice(1).map((time, at) => time - known[at]));
  const count = (known.at(-1) - known[0]) / step;
  if (!(count <= MOST_STEPS)) return { times: known, step: Infinity };
  for (let at = 1; at < count; at += 1) known.push(known[0] + Math.round(at * step));
  return { times: [...new Set(known)].sort((a, b) => a - b), step };
}

function spread(points, { times, step }) {
  const known = new Map(points.map((point) => [point.time, point]));
  let last = null;
  return times.map((time) => {
    const point = known.get(time);
    if (!point) return { time };
    const broken = last !== null && time - last > GAP_STEPS * step;
    last = time;
    return { ...point, broken };
  });
}

function bars(answer, { text, numbers: [number] }) {
  const rows = answer.rows.slice(0, MOST_BARS).filter((row) => row[number] !== null);
  const most = Math.max(...rows.map((row) => Math.abs(Number(row[number]))), Number.MIN_VALUE);
  const list = element("ul", "bars");
  for (const row of rows) {
    const item = element("li", "bar");
    const track = element("span", "bar-track");
    const fill = element("span", "bar-fill");
    fill.style.width = `${(Math.abs(Number(row[number])) / most) * 100}%`;
    track.append(fill);
    const name = element("bdi", "bar-name", String(row[text] ?? "null"));
    name.title = name.textContent;
    item.append(name, track, element("strong", "", say(Number(row[number]))));
    list.append(item);
  }
  return list;
}
