// The state of the workbench and its URL: every state has one, but for a pasted request, which stays in memory.

export const FIRST_STATE = {
  patient: "", hook: "", order: "own", reason: "own", vary: "amount", width: "full", tab: "request",
  changes: {}, drafts: null, draftsReason: "own", dismissed: {}, pasted: null,
};
const PLAIN = ["patient", "hook", "order", "reason", "draftsReason", "vary", "width", "tab"];
const MOST_DRAFTS = 20;
const MOST_NAMED = 7;
const MOST_SHOWN = 40;

// What is used instead of a value of the URL that cannot be used.
const INSTEAD = {
  patient: "the first patient of the list",
  hook: "the hook of the example",
  order: "the order of the example",
  reason: "the reason of the example",
  draftsReason: "the reason that the order was taken with",
  vary: "the blood coughed up",
  width: "the full width",
  tab: "the request",
  drafts: "the order as it is chosen",
  dismissed: "every card, not dismissed",
};
const CHARTED = "what is charted";

// The state that a URL stands for, and what of the URL could not be used, in words.
// `allowed` has the values of each plain part, and of each slider (least, most) and switch (its states).
export async function stateFrom(url, allowed) {
  const query = new URL(url).searchParams;
  const state = { ...FIRST_STATE, patient: allowed.patient[0], changes: {}, dismissed: {} };
  const faults = [];
  const take = (name, isRight, expected, use) => {
    const value = query.get(name);
    if (!value) return;
    if (isRight(value)) use(value);
    else faults.push({ name, value: shortened(value), expected, instead: INSTEAD[name] ?? CHARTED });
  };
  for (const name of PLAIN) {
    take(name, (value) => allowed[name].includes(value), oneOf(allowed[name]), (value) => { state[name] = value; });
  }
  for (const [id, { least, most, states }] of Object.entries(allowed.controls)) {
    const use = (value) => { state.changes[id] = states ? value : Number(value); };
    if (states) take(id, (value) => states.includes(value), oneOf(states), use);
    else take(id, (value) => Number(value) >= least && Number(value) <= most, `a number from ${least} to ${most}`, use);
  }
  const drafts = query.get("drafts") ? await unpacked(query.get("drafts")) : null;
  take("drafts", () => drafts !== null, "draft orders as the workbench writes them", () => { state.drafts = drafts; });
  take("dismissed", areDismissed, "cards by their number, each with a reason", (value) => { state.dismissed = dismissedIn(value); });
  return { state, faults };
}

const oneOf = (values) => (values.length > MOST_NAMED ? "one of its list" : `one of ${values.join(", ")}`);
const shortened = (value) => (value.length > MOST_SHOWN ? `${value.slice(0, MOST_SHOWN)}…` : value);

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

const areDismissed = (text) => text.split(",").every((part) => /^\d{1,3}:[\w-]*$/.test(part));
const dismissedIn = (text) => Object.fromEntries(text.split(",").map((part) => part.split(":")));

// Draft orders as text for a URL: compressed, in the alphabet that URLs take.
async function packed(drafts) {
  const stream = new Blob([JSON.stringify(drafts)]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

// The draft orders of a URL; null where they are none that the service could be asked about.
async function unpacked(text) {
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    const drafts = JSON.parse(await new Response(stream).text());
    const isObject = (draft) => draft !== null && typeof draft === "object" && !Array.isArray(draft);
    return Array.isArray(drafts) && drafts.length <= MOST_DRAFTS && drafts.every(isObject) ? drafts : null;
  } catch {
    return null;
  }
}
