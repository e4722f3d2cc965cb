// Readable numbers, times and names.

const NUMBER = new Intl.NumberFormat("en");
const CLOCK = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const DAY = new Intl.DateTimeFormat("en", { day: "numeric", month: "short", year: "numeric" });

/** 12,345 */
export function number(value) {
  return NUMBER.format(value ?? 0);
}

/** 1 event, 2 events */
export function count(value, one, many = `${one}s`) {
  return `${number(value)} ${value === 1 ? one : many}`;
}

/** 16:46:43, with the date if it is not today. */
export function clock(text) {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) return String(text ?? "");
  const today = time.toDateString() === new Date().toDateString();
  return today ? CLOCK.format(time) : `${DAY.format(time)}, ${CLOCK.format(time)}`;
}

/** just now, 12 s ago, 5 min ago, 3 h ago, 2 days ago */
export function ago(text, now = Date.now()) {
  const seconds = Math.max(0, Math.round((now - new Date(text).getTime()) / 1000));
  if (Number.isNaN(seconds)) return "";
  if (seconds < 3) return "just now";
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${count(Math.floor(seconds / 86_400), "day")} ago`;
}

/** 0.4 s, 12 s, 5 min, 3 h */
export function duration(seconds) {
  if (seconds < 10) return `${Math.round(seconds * 10) / 10} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}

/** Characters that are invisible or change the text around them. The command line escapes the same ones. */
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]|\udb40[\udc00-\udc7f]/g;

/** Escapes invisible characters, as in `\u202e`. */
export function visible(text) {
  return String(text).replace(UNSAFE, (found) => Array.from({ length: found.length }, (_, index) => `\\u${found.charCodeAt(index).toString(16).padStart(4, "0")}`).join(""));
}

/** Returns the category of a stream. */
export function category(stream) {
  return stream.split("-", 1)[0];
}

/** Distinct hues of the built-in categories. */
const HUES = { resource: 255, document: 28, game: 165 };

/** Returns the hue of a category. It never changes. */
export function hue(name) {
  if (Object.hasOwn(HUES, name)) return HUES[name];
  let hash = 7;
  for (const letter of name) hash = (hash * 31 + letter.codePointAt(0)) % 3571;
  // The golden angle: neighboring numbers have distant colors.
  return Math.round(hash * 137.508) % 360;
}

/** `card_played` → `card played` */
export function words(name) {
  return String(name ?? "").replaceAll("_", " ");
}
