// Everything about one gateway, beside the list.

import { $, el, time } from "./dom.js";
import { ask } from "./actions.js";
import { element } from "./table.js";

const panel = $("panel");
let shownId = null;
let loading = 0;

export const current = () => shownId;

export async function show(id, focus = true) {
  const mine = ++loading;
  const [namespace, name] = id.split("/");
  const answer = await fetch(`/panel/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`).catch(() => null);
  if (mine !== loading) return;
  if (!answer?.ok) return answer?.status === 404 ? close() : undefined;
  const data = await answer.json();
  if (mine !== loading) return;
  const scrolled = shownId === id ? panel.scrollTop : 0;
  const held = shownId === id && panel.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  if (shownId) element(shownId)?.classList.remove("open");
  shownId = id;
  element(id)?.classList.add("open");
  panel.dataset.state = data.row.state;
  panel.replaceChildren(...content(data));
  panel.hidden = false;
  panel.scrollTop = scrolled;
  if (held) panel.querySelector(`[data-key="${CSS.escape(held)}"]`)?.focus({ preventScroll: true });
  else if (focus) panel.querySelector("h2").focus();
}

export function close() {
  if (!shownId) return;
  loading += 1;
  const row = element(shownId);
  row?.classList.remove("open");
  const inside = panel.contains(document.activeElement);
  panel.hidden = true;
  panel.replaceChildren();
  shownId = null;
  if (inside) row?.querySelector(".open").focus();
}

function content(data) {
  const { row } = data;
  return [
    el("header", {},
      el("div", {}, el("h2", { id: "panel-title", tabindex: "-1" }, row.name),
        el("p", { class: "sub" }, [row.namespace, row.unit].filter(Boolean).join(" · "))),
      el("button", { type: "button", class: "plain", "data-key": "close", "aria-label": "Close the details", onclick: close }, "Close")),
    el("p", { class: "headline" }, el("span", { class: "state" }, el("span", { class: "shape", "aria-hidden": "true" }), row.state), " ", row.status,
      row.since ? el("span", { class: "faint" }, " for ", time(row.since)) : ""),
    row.detail ? el("p", { class: "sub" }, row.detail) : "",
    row.pending ? el("p", { class: "asked" }, row.pending) : "",
    data.note ? el("p", { class: "warn" }, data.note) : "",
    actions(data),
    section("Conditions", el("ol", { class: "timeline" }, data.conditions.map(condition))),
    section("Events of the last hour", data.events.length
      ? el("ol", { class: "timeline" }, data.events.map(happening)) : el("p", { class: "faint" }, "None: nothing changed.")),
    data.lastError.reason ? section("Last error", pairs([
      ["Reason", data.lastError.reason], ["Message", data.lastError.message],
      ["command_status", data.lastError.commandStatus], ["First seen", time(data.lastError.time)]])) : "",
    data.certificates.length ? section("Certificates", data.certificates.map(certificate)) : "",
    section(`Channels and routes (${row.channels_ready} of ${row.channels} ready)`, channels(data)),
    section("Settings in effect", pairs([...data.settings, ["Binds up", row.binds]])),
    section("By hand", data.commands.map(command)),
  ].filter(Boolean);
}

function section(title, ...children) {
  return el("section", {}, el("h3", {}, title), ...children);
}

function pairs(items) {
  return el("dl", { class: "pairs" }, items.filter(([, value]) => value !== "").map(([label, value]) =>
    el("div", {}, el("dt", {}, label), el("dd", {}, value))));
}

function actions({ row, right, interrupts }) {
  const turn = row.state === "Disconnected" ? "connect" : "disconnect";
  const button = (action, label) => el("button", {
    type: "button", class: "plain", "data-key": action, disabled: !right.allowed, "aria-describedby": right.allowed ? null : "missing",
    onclick: () => ask(action, [row.id]) }, label);
  return el("div", {},
    el("div", { class: "acts" }, button("rebuild", "Rebuild"), button(turn, turn === "connect" ? "Connect" : "Disconnect")),
    right.allowed ? el("p", { class: "sub" }, interrupts) : el("p", { class: "warn", id: "missing" }, `${right.missing[0].toUpperCase()}${right.missing.slice(1)}.`));
}

const KINDS = { True: "good", False: "bad", Unknown: "open" };
const NEGATIVE = new Set(["Stalled", "Reconciling", "Throttled", "ExpiringSoon"]);

function condition(item) {
  const kind = NEGATIVE.has(item.type) ? "bad" : KINDS[item.status];
  return el("li", { "data-kind": kind }, el("span", { class: "when" }, time(item.since)),
    el("b", {}, item.type), ` ${item.status} · ${item.reason}`,
    item.message && item.message !== item.reason ? el("p", {}, item.message) : "");
}

function happening(item) {
  return el("li", { "data-kind": item.warning ? "bad" : "good" }, el("span", { class: "when" }, time(item.time)),
    el("b", {}, item.reason), item.count > 1 ? ` × ${item.count}` : "", el("p", {}, item.message));
}

function certificate(item) {
  if (item.missing) return el("p", { class: "bad" }, `Certificate "${item.name}" is not there, or you may not read it.`);
  const left = item.days === null ? "" : item.days < 0 ? " (ended)" : ` (${item.days} days left)`;
  return pairs([
    ["Name", `${item.name} (${item.usage})`], ["Status", el("span", { class: item.usable ? "good" : "bad" }, item.status)],
    ["Subject", item.subject], ["Issuer", item.issuer], ["Valid", item.notAfter ? `${item.notBefore} to ${item.notAfter}${left}` : ""],
    ["Serial number", item.serialNumber], ["SHA-256", el("span", { class: "mono" }, item.fingerprint)],
    ["Chain", item.chainLength ? `${item.chainLength} in the file` : ""]]);
}

function channels({ channels: items, moreChannels }) {
  if (!items.length) return el("p", { class: "faint" }, "No channel uses this gateway.");
  return el("ul", { class: "tree" }, items.map((item) => el("li", {},
    el("span", { class: item.ready ? "good" : "bad" }, item.ready ? "● " : "▲ "), el("b", {}, item.channelName),
    el("span", { class: "faint" }, ` ${item.name} · ${item.status}`),
    el("ul", {}, item.routes.map((route) => el("li", { class: "faint" }, `route ${route}`)),
      item.numbers.length ? el("li", { class: "faint" }, `numbers ${item.numbers.join(", ")}`) : ""))),
  moreChannels ? el("li", { class: "faint" }, `and ${moreChannels} more`) : "");
}

function command([label, text]) {
  const copied = async (event) => {
    await navigator.clipboard.writeText(text);
    event.target.textContent = "Copied";
  };
  return el("div", { class: "command" }, el("span", {}, label), el("code", { tabindex: "0" }, text),
    el("button", { type: "button", class: "plain", "data-key": `copy ${label}`, "aria-label": `Copy the command: ${label}`, onclick: copied }, "Copy"));
}
