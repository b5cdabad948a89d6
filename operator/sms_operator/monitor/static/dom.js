// Small helpers. Text only ever becomes text: nothing here, or anywhere, parses HTML.

export const $ = (id) => document.getElementById(id);

/** An element: el("p", {class: "sub"}, "text", other). Attributes that are null or false are left out. */
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false && value !== undefined) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Seconds by which the server's clock is ahead of the browser's. */
let ahead = 0;
export function setClock(stamp) { ahead = (Date.parse(stamp) - Date.now()) / 1000; }
export const now = () => Date.now() / 1000 + ahead;

/** How long ago, in the steps of ages.py. */
export function age(stamp) {
  const moment = Date.parse(stamp) / 1000;
  if (Number.isNaN(moment)) return "";
  const seconds = Math.max(Math.floor(now() - moment), 0);
  const [minutes, hours, days] = [60, 3600, 86400].map((step) => Math.floor(seconds / step));
  if (!minutes) return `${seconds}s`;
  if (!hours) return `${minutes}m`;
  if (!days) return `${hours}h ${minutes % 60}m`;
  return days < 10 ? `${days}d ${hours % 24}h` : `${days}d`;
}

export function time(stamp) {
  return el("time", { datetime: stamp, title: stamp }, age(stamp));
}

export const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;
