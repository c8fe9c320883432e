// Numbers and times as people read them: the digits that their meaning deserves, as numbers.py has them.
const SIGNS = { USD: "$", EUR: "€", GBP: "£", JPY: "¥", HKD: "HK$", CNY: "CN¥", INR: "₹", KRW: "₩" };

export function say(value, unit = "", symbol = "") {
  if (value === null || value === undefined || !Number.isFinite(value)) return "—";
  if (symbol.startsWith("pred.")) return percent(value * 100);
  if (unit === "ms") return Math.abs(value) >= 999.5 ? `${digits(value / 1000, 3)} s` : `${digits(value, 3)} ms`;
  if (unit === "B") return bytes(value);
  if (unit === "%") return percent(value);
  const text = /^(crypto\.(price|ma)|stock)\./.test(symbol) ? price(value) : digits(value, Math.abs(value) >= 1000 ? 7 : 4);
  return unit ? `${text} ${SIGNS[unit] ?? unit}` : text;
}

const percent = (value) => `${new Intl.NumberFormat("en", { maximumFractionDigits: 1 }).format(value)} %`;
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

// Lightweight-charts counts in UTC, people do not.
export const local = (seconds, form) => new Intl.DateTimeFormat(undefined, form).format(new Date(seconds * 1000));
export const full = (seconds) => local(seconds, { dateStyle: "medium", timeStyle: "medium" });

export function tick(seconds, kind) { // kind: 0 year, 1 month, 2 day, 3 time, 4 with seconds
  if (kind === 0) return local(seconds, { year: "numeric" });
  if (kind === 1) return local(seconds, { month: "short" });
  if (kind === 2) return local(seconds, { day: "numeric", month: "short" });
  return local(seconds, { hour: "2-digit", minute: "2-digit", ...(kind === 4 ? { second: "2-digit" } : {}) });
}
