// The state of the workbench and its URL: every state has one, but for a pasted request, which stays in memory.

export const FIRST_STATE = {
  patient: "", hook: "", order: "own", reason: "own", vary: "amount", width: "full", tab: "request",
  changes: {}, drafts: null, dismissed: {}, pasted: null,
};
const PLAIN = ["patient", "hook", "order", "reason", "vary", "width", "tab"];

// The state that a URL stands for. `controls` are the ids of sliders and switches, by their kind.
export async function stateFrom(url, controls, first) {
  const query = new URL(url).searchParams;
  const state = { ...FIRST_STATE, patient: first, changes: {}, dismissed: {} };
  for (const name of PLAIN) if (query.get(name)) state[name] = query.get(name);
  for (const [id, kind] of Object.entries(controls)) {
    const value = query.get(id);
    if (value) state.changes[id] = kind === "slider" ? Number(value) : value;
  }
  if (query.get("drafts")) state.drafts = await unpacked(query.get("drafts"));
  for (const part of (query.get("dismissed") ?? "").split(",").filter(Boolean)) {
    const [card, ...reason] = part.split(":");
    state.dismissed[card] = reason.join(":");
  }
  return state;
}

// The URL of a state, relative to the page: only what differs from the first state stands in it.
export async function urlOf(state, first) {
  const query = new URLSearchParams();
  if (state.pasted !== null) query.set("pasted", "1");
  for (const name of PLAIN) {
    const usual = name === "patient" ? first : FIRST_STATE[name];
    if (state[name] !== usual && !(state.pasted !== null && name === "patient")) query.set(name, state[name]);
  }
  for (const [id, value] of Object.entries(state.changes)) query.set(id, value);
  if (state.drafts && state.pasted === null) query.set("drafts", await packed(state.drafts));
  const dismissed = Object.entries(state.dismissed).map(([card, reason]) => `${card}:${reason}`);
  if (dismissed.length) query.set("dismissed", dismissed.join(","));
  const text = query.toString();
  return text ? `?${text}` : location.pathname;
}

// Draft orders as text for a URL: compressed, in the alphabet that URLs take.
async function packed(drafts) {
  const stream = new Blob([JSON.stringify(drafts)]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

async function unpacked(text) {
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    const drafts = JSON.parse(await new Response(stream).text());
    return Array.isArray(drafts) ? drafts : null;
  } catch {
    return null;
  }
}
