// The history of a symbol, as GET /api/metrics/<symbol> answers it, in the rows that a chart draws.
export const seconds = (ms) => Math.floor(ms / 1000);

export const iso = (ms) => new Date(Math.round(ms)).toISOString();

export async function ask(symbol, query) {
  const address = `/api/metrics/${encodeURIComponent(symbol).replaceAll("%2F", "/")}?${new URLSearchParams(query)}`;
  const answer = await fetch(address, { headers: { Accept: "application/json" } });
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.error?.message ?? `The answer was ${answer.status}`);
  return body;
}

export function grid(answer) { // every step of the window, so that time runs evenly
  const step = answer.step_s * 1000;
  const times = [];
  for (let at = Math.floor(answer.since_ms / step) * step; at <= answer.until_ms; at += step) times.push(at);
  return times;
}

export function rows(answer, times) {
  const known = new Map(answer.series.map((row) => [row[0], row]));
  const breaks = answer.gaps.map((gap) => gap.to);
  let last = -Infinity;
  return times.map((at) => {
    const row = known.get(at);
    if (!row) return { time: seconds(at) };
    const broken = breaks.some((to) => to > last && to <= at + answer.step_s * 1000 - 1 && last > -Infinity);
    last = at;
    return { time: seconds(at), value: row[1], low: row[2], high: row[3], broken };
  });
}

// Where a moment lies on the time scale, between the times that are drawn.
export function placeOf(scale, ms, times) {
  let low = 0, high = times.length - 1;
  if (high < 0) return NaN;
  if (ms < times[0]) return -1; // before anything that is drawn
  while (low < high) { const middle = (low + high + 1) >> 1; if (times[middle] <= ms) low = middle; else high = middle - 1; }
  const step = (times[low + 1] ?? times[low] + (times[low] - (times[low - 1] ?? times[low] - 1))) - times[low];
  const [here, next] = [scale.logicalToCoordinate(low), scale.logicalToCoordinate(low + 1)];
  return here + (next - here) * Math.min(1, Math.max(0, (ms - times[low]) / step));
}

// All of it, with room for the first and the last word below; fitContent() would leave out what is empty at the end.
export function showAll(scale, count) {
  const width = Math.max(scale.width(), 160);
  const [before, after] = [24, Math.min(24, width / 20)].map((pixels) => (count * pixels) / width);
  scale.setVisibleLogicalRange({ from: -before, to: count - 0.5 + after });
}

// The scale reaches to the limits that are near; to the others too only if `always`: they press the line flat.
export function reach(line, values, { min, max }, always = false) {
  const far = (value) => min !== null && max > min && Math.abs(value - (min + max) / 2) > 2 * (max - min) + Math.abs(max) * 0.2;
  const wanted = values.filter((value) => always || !far(value));
  line.applyOptions({
    autoscaleInfoProvider: (original) => {
      const info = original();
      if (!info?.priceRange) return info;
      let [low, high] = [Math.min(info.priceRange.minValue, ...wanted), Math.max(info.priceRange.maxValue, ...wanted)];
      if (high - low <= Math.abs(high) * 1e-6) { // what never moves is a line in the middle, and no storm of dust
        const room = Math.abs(high) * 0.05 || 1;
        [low, high] = [low - room, high + room];
      }
      return { ...info, priceRange: { minValue: low, maxValue: high } };
    },
  });
}
