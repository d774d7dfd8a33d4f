// Elements and texts: whatever comes from a request becomes text, never markup.

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === undefined || value === null) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

// A panel that the service itself wrote: its texts are escaped there, and the policy of the page runs no script.
export function showPanel(place, html) {
  const open = [...place.querySelectorAll("details[open]")].map((details) => details.className);
  const parsed = new DOMParser().parseFromString(html, "text/html");
  place.replaceChildren(...parsed.body.childNodes);
  for (const name of open) place.querySelectorAll(`details.${name}`).forEach((details) => { details.open = true; });
}

const TURNING = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

// JSON to be read: signs that turn the direction of writing stand as escapes, which mean the same.
export function jsonText(value) {
  return JSON.stringify(value, null, 2).replace(TURNING, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

// An address that a card may link to; anything else becomes no link.
export function safeAddress(address) {
  try {
    const url = new URL(address, document.baseURI);
    return ["https:", "http:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}
