// Numbers, times and sizes in words. Pure: what time it is comes in.

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long something took: `16 ms`, `1.3 s`, `42 s`, `3 min 5 s`, `2 h 10 min`. */
export function duration(millis: number): string {
  if (millis < SECOND) return `${Math.max(0, Math.round(millis))} ms`;
  if (millis < 10 * SECOND) return `${(millis / SECOND).toFixed(1)} s`;
  if (millis < MINUTE) return `${Math.round(millis / SECOND)} s`;
  if (millis < HOUR) {
    const seconds = Math.floor((millis % MINUTE) / SECOND);
    return `${Math.floor(millis / MINUTE)} min${seconds === 0 ? "" : ` ${seconds} s`}`;
  }
  const minutes = Math.floor((millis % HOUR) / MINUTE);
  return `${Math.floor(millis / HOUR)} h${minutes === 0 ? "" : ` ${minutes} min`}`;
}

/** How long ago a moment is, in one unit: `now`, `5 min`, `3 h`, `12 d`; a date once it is over a month. */
export function age(moment: string, now: number): string {
  const past = now - Date.parse(moment);
  if (Number.isNaN(past)) return "";
  if (past < MINUTE) return "now";
  if (past < HOUR) return `${Math.floor(past / MINUTE)} min`;
  if (past < DAY) return `${Math.floor(past / HOUR)} h`;
  if (past < 30 * DAY) return `${Math.floor(past / DAY)} d`;
  return new Date(moment).toISOString().slice(0, 10);
}

/** A moment for people, in their own zone. */
export function moment(text: string): string {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) return text;
  return date.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

export function bytes(count: number): string {
  if (count < 1000) return `${count} B`;
  if (count < 1_000_000) return `${(count / 1000).toFixed(1)} kB`;
  return `${(count / 1_000_000).toFixed(1)} MB`;
}

/** 950, 12.3k, 4.5M. */
export function count(number: number): string {
  if (number < 1000) return String(number);
  if (number < 1_000_000) return `${trim(number / 1000)}k`;
  return `${trim(number / 1_000_000)}M`;
}

function trim(number: number): string {
  return number >= 100 ? String(Math.round(number)) : number.toFixed(1).replace(/\.0$/, "");
}

/** US cents as dollars: small sums with more digits. */
export function money(cents: number): string {
  const dollars = cents / 100;
  if (dollars === 0) return "$0";
  if (dollars < 0.01) return "<$0.01";
  return `$${dollars.toFixed(2)}`;
}

export function plural(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString("en-US")} ${number === 1 ? one : many}`;
}
