// The page of a backtest: sliders beside their fields, and the chart with the limits and firings of both settings.
import { Backdrop } from "../draw/backdrop.js";
import { Rows } from "../draw/rows.js";
import { full, say } from "../draw/figures.js";
import { ask, grid, iso, placeOf, reach, rows, showAll } from "../draw/history.js";
import { chart as makeChart, colour, look, onTheme } from "../draw/look.js";
import { Band } from "../draw/series.js";

const L = window.LightweightCharts;
const find = (selector) => document.querySelector(selector);
const form = find("#trial");
const place = find("[data-trial]");
const DAY_MS = 86_400_000;
const ROOM = { scaleMargins: { top: 0.1, bottom: 0.16 } }; // below the line, for the rows
const FACTORS = { k: 1e3, K: 1e3, M: 1e6, G: 1e9, "%": 1 }; // as in a condition

// ---- Sliders: a field says it in words, its slider moves it; each follows the other.
const stopsOf = (slider) => slider.dataset.stops?.split(" ");

function lengthOf(text) { // seconds of "2m"
  const found = /^\s*([\d.]+)\s*(ms|s|m|h|d)\s*$/.exec(text || "0s");
  return found ? Number(found[1]) * { ms: 0.001, s: 1, m: 60, h: 3600, d: 86400 }[found[2]] : NaN;
}

function numberOf(text) { // of "98k"
  const found = /^\s*(-?[\d_.]+(?:e[+-]?\d+)?)\s*([kKMG%]?)[a-zA-Z]*\s*$/.exec(text);
  return found ? Number(found[1].replaceAll("_", "")) * (FACTORS[found[2]] ?? 1) : NaN;
}

function toSlider(slider) {
  const field = document.getElementById(slider.dataset.slides);
  const stops = stopsOf(slider);
  const value = stops ? nearest(stops.map(lengthOf), lengthOf(field.value)) : numberOf(field.value || fallback(slider));
  if (Number.isFinite(value)) slider.value = value;
  slider.setAttribute("aria-valuetext", field.value || field.placeholder);
}

// Nothing written: it ends where it began to fire.
const fallback = (slider) => document.getElementById(slider.dataset.slides.replace("-ends", "-threshold")).value;

function nearest(known, value) {
  if (!Number.isFinite(value)) return NaN;
  return known.reduce((best, each, at) => (Math.abs(each - value) < Math.abs(known[best] - value) ? at : best), 0);
}

function toField(slider) {
  const field = document.getElementById(slider.dataset.slides);
  const stops = stopsOf(slider);
  field.value = stops ? stops[slider.value] : String(Number(Number(slider.value).toPrecision(10)));
  slider.setAttribute("aria-valuetext", field.value);
}

for (const slider of document.querySelectorAll("[data-slides]")) {
  toSlider(slider);
  slider.addEventListener("input", () => toField(slider));
  document.getElementById(slider.dataset.slides).addEventListener("input", () => toSlider(slider));
}

// ---- The chart
const board = place && makeBoard();

function makeBoard() {
  const chart = makeChart(find("[data-canvas]"), { handleScroll: false, handleScale: false });
  chart.priceScale("right").applyOptions(ROOM);
  return { chart, backdrop: new Backdrop(), rows: new Rows(), line: null, answer: null, limits: [], shown: "" };
}

async function load() {
  const until = Number(place.dataset.until);
  const span = Number.parseInt(find("[data-span]").value, 10) * DAY_MS;
  const symbol = find("[data-shown]").value;
  const wanted = `${symbol} ${span}`;
  if (wanted === board.shown) { drawOutcome(); return; }
  board.shown = wanted;
  try {
    const answer = await ask(symbol, { since: iso(until - span), until: iso(until) });
    if (wanted !== board.shown) return;
    board.answer = answer;
    tell(answer.series.length ? "" : "Nothing is stored of this time.");
    draw();
  } catch (error) {
    board.shown = "";
    tell(error instanceof TypeError ? "There is no connection to Oculus." : error.message);
  }
}

function tell(words) {
  const spot = find("[data-note]");
  spot.textContent = words;
  spot.hidden = !words;
}

function draw() {
  const { chart, answer } = board;
  if (board.line) chart.removeSeries(board.line);
  board.times = grid(answer);
  board.line = chart.addCustomSeries(new Band(), {
    color: colour("--accent"), priceLineVisible: false, lastValueVisible: false,
    priceFormat: { type: "custom", formatter: (value) => say(value, answer.unit, answer.symbol), minMove: 1e-8 },
  });
  board.limits = [];
  board.line.setData(rows(answer, board.times));
  board.line.attachPrimitive(board.backdrop);
  board.line.attachPrimitive(board.rows);
  showAll(chart.timeScale(), board.times.length);
  drawOutcome();
}

const played = (key) => find(`[data-played=${key}]`);
const given = (key, what) => JSON.parse(played(key)?.dataset[what] ?? "[]");

function drawOutcome() {
  if (!board.line) return;
  for (const limit of board.limits) board.line.removePriceLine(limit);
  const values = { a: given("a", "limits"), b: given("b", "limits") };
  reach(board.line, [...values.a, ...values.b], board.answer.stats, true);
  const same = String(values.a) === String(values.b);
  board.limits = (same ? ["b"] : ["a", "b"]).flatMap((key) => values[key].map((price) => board.line.createPriceLine({
    price, color: colour(key === "a" ? "--second" : `--${place.dataset.severity}`), lineWidth: 1,
    lineStyle: L.LineStyle.Dashed, title: same ? "A B" : key.toUpperCase(), axisLabelVisible: true,
  })));
  const x = (ms) => placeOf(board.chart.timeScale(), ms, board.times);
  board.backdrop.show(board.answer.gaps, [], x);
  const tone = colour(`--${place.dataset.severity}`);
  board.rows.show([
    { name: "A", spans: given("a", "spans"), shade: colour("--second") },
    { name: "B", spans: given("b", "spans"), shade: tone },
  ], x);
  legend();
}

function legend(at) {
  const row = at?.seriesData.get(board.line);
  const spot = find("[data-legend]");
  const words = [board.answer.symbol, at?.time ? full(at.time) : "", row?.value === undefined ? "" : say(row.value, board.answer.unit, board.answer.symbol)];
  spot.replaceChildren(...words.filter(Boolean).map((text) => {
    const made = document.createElement("bdi");
    made.textContent = text;
    return made;
  }));
}

if (board) {
  board.chart.subscribeCrosshairMove((at) => { if (board.answer) legend(at); });
  document.addEventListener("htmx:afterSettle", (event) => { if (event.detail.elt?.id === "outcome" || event.target.id === "outcome") drawOutcome(); });
  form.addEventListener("change", load);
  onTheme(() => { board.chart.applyOptions(look()); board.chart.priceScale("right").applyOptions(ROOM); if (board.answer) draw(); });
  load();
}

// ---- What takes longer says how far it is.
let watching = 0;

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.elt !== form) return;
  clearInterval(watching);
  watching = setInterval(async () => {
    const answer = await fetch("/api/backtest");
    const { rule, done } = answer.ok ? await answer.json() : { rule: "", done: 0 };
    if (watching) find("[data-progress]").textContent = rule ? `Playing… ${Math.floor(done * 100)} %` : "";
  }, 1000);
});

document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.elt !== form) return;
  clearInterval(watching);
  watching = 0;
  find("[data-progress]").textContent = "";
});

// ---- What became of a request that failed altogether is said where the outcome would be.
document.addEventListener("htmx:responseError", () => failed("Oculus could not play it."));
document.addEventListener("htmx:sendError", () => failed("There is no connection to Oculus."));
document.addEventListener("htmx:timeout", () => failed("It took longer than a minute. Choose a shorter time."));

function failed(words) {
  const spot = document.createElement("p");
  spot.className = "notice tone-error";
  spot.textContent = words;
  find("#outcome").replaceChildren(spot);
}
