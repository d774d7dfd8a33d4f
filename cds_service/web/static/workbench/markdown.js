// The Markdown of a card as elements: paragraphs, lists, tables, headings, bold, emphasis, code, links. Never HTML.

import { element, safeAddress } from "./dom.js";

const ITEM = /^\s*(?:[-*+]|(\d+)[.)])\s+(.*)$/;
const RULE_OF_A_TABLE = /^\s*\|?\s*:?-{3,}:?\s*(\|\s*:?-{3,}:?\s*)*\|?\s*$/;

export function markdown(text) {
  const fragment = document.createDocumentFragment();
  const lines = text.replaceAll("\r\n", "\n").split("\n");
  let at = 0;
  while (at < lines.length) {
    const line = lines[at];
    const heading = /^(#{1,6})\s+(.*)$/.exec(line);
    if (!line.trim()) at += 1;
    else if (heading) {
      fragment.append(element("p", { class: "md-heading" }, ...inline(heading[2])));
      at += 1;
    } else if (line.includes("|") && RULE_OF_A_TABLE.test(lines[at + 1] ?? "")) at = table(lines, at, fragment);
    else if (ITEM.test(line)) at = list(lines, at, fragment);
    else at = paragraph(lines, at, fragment);
  }
  return fragment;
}

function paragraph(lines, from, into) {
  let to = from + 1;
  while (to < lines.length && lines[to].trim() && !ITEM.test(lines[to])) to += 1;
  into.append(element("p", {}, ...inline(lines.slice(from, to).join("\n"))));
  return to;
}

function list(lines, from, into) {
  const isNumbered = ITEM.exec(lines[from])[1] !== undefined;
  const made = element(isNumbered ? "ol" : "ul");
  const first = Number(ITEM.exec(lines[from])[1]);
  if (isNumbered && first !== 1) made.setAttribute("start", first);
  let to = from;
  while (to < lines.length && ITEM.test(lines[to])) {
    made.append(element("li", {}, ...inline(ITEM.exec(lines[to])[2])));
    to += 1;
  }
  into.append(made);
  return to;
}

function table(lines, from, into) {
  const row = (line, cell) => element("tr", {}, ...cells(line).map((text) => element(cell, {}, ...inline(text))));
  const body = element("tbody");
  let to = from + 2;
  while (to < lines.length && lines[to].includes("|")) {
    body.append(row(lines[to], "td"));
    to += 1;
  }
  const made = element("table", {}, element("thead", {}, row(lines[from], "th")), body);
  into.append(element("div", { class: "table-box", tabindex: "0", role: "region", "aria-label": "Table of the card" }, made));
  return to;
}

function cells(line) {
  const parts = line.trim().replace(/^\|/, "").replace(/(?<!\\)\|$/, "").split(/(?<!\\)\|/);
  return parts.map((part) => part.trim());
}

const INLINE = new RegExp(
  [
    String.raw`\\([!-/:-@[-\`{-~])`, // an escaped sign
    String.raw`\*\*(?=\S)([^]*?\S)\*\*`,
    String.raw`(?<![\w*])[*_](?=\S)([^*_]*?\S)[*_](?![\w*])`,
    "`([^`]+)`",
    String.raw`\[([^\]]+)\]\(([^)\s]+)\)`,
    String.raw`&(amp|lt|gt|quot);`,
    String.raw`(?: {2,}|\\)\n`,
  ].join("|"),
  "g",
);
const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"' };

function inline(text) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(INLINE)) {
    if (match.index > end) nodes.push(text.slice(end, match.index).replaceAll("\n", " "));
    end = match.index + match[0].length;
    const [, escaped, strong, emphasis, code, label, address, entity] = match;
    if (escaped) nodes.push(escaped);
    else if (strong) nodes.push(element("strong", {}, ...inline(strong)));
    else if (emphasis) nodes.push(element("em", {}, ...inline(emphasis)));
    else if (code) nodes.push(element("code", {}, code));
    else if (label) nodes.push(link(label, address));
    else if (entity) nodes.push(ENTITIES[entity]);
    else nodes.push(element("br"));
  }
  if (end < text.length) nodes.push(text.slice(end).replaceAll("\n", " "));
  return nodes;
}

function link(label, address) {
  const href = safeAddress(address);
  return href ? element("a", { href, rel: "noreferrer" }, ...inline(label)) : label;
}
