// The workbench: the state in the URL, asked of the service, shown.

import { showCards, showOrders } from "./cards.js";
import { element, showPanel } from "./dom.js";
import { accepted, curlOf, draftsAfter, evaluated, feedbackSent, overridden, Refusal } from "./service.js";
import { FIRST_STATE, stateFrom, urlOf } from "./state.js";

const $ = (id) => document.getElementById(id);
const controls = Object.fromEntries([...document.querySelectorAll("[data-control]")].map((one) => [one.dataset.control, one.dataset.kind]));
const firstPatient = $("example").options[0].value;
const PAUSE = 120; // ms between the last movement of a slider and the question

let state = { ...FIRST_STATE, patient: firstPatient };
let pasted = null; // what was pasted last, in memory alone
let last = null; // the last answer
let feedback = []; // what was sent since the page was opened
let asking = null;
let timer = 0;
let settle = () => {}; // of who waits for the question that is asked next

// --- state ---------------------------------------------------------------------------------------------

// `how` the address changes: push for a step that Back undoes, replace while a slider moves.
async function change(changes, { how = "push", ask = true } = {}) {
  if (ask) showBusy(true);
  state = { ...state, ...changes };
  const url = await urlOf(state, firstPatient);
  if (how === "push") history.pushState(null, "", url);
  else history.replaceState(null, "", url);
  showChoice();
  if (ask) await askSoon(how === "push" ? 0 : PAUSE);
}

async function readAddress() {
  showBusy(true);
  state = await stateFrom(location.href, controls, firstPatient);
  const isPasted = new URL(location.href).searchParams.has("pasted");
  if (isPasted && pasted !== null) state.pasted = pasted;
  showChoice();
  if (!isPasted || pasted !== null) return askSoon(0);
  showProblem(new Error("What was pasted is not kept. Paste it again, or choose an example."), "Not kept");
  return showBusy(false);
}

const another = (changes) => change({ drafts: null, dismissed: {}, ...changes });

// --- the question --------------------------------------------------------------------------------------

function askSoon(pause) {
  clearTimeout(timer);
  settle(); // what is not asked any more is not waited for
  return new Promise((resolve) => {
    settle = resolve;
    timer = setTimeout(() => ask().then(resolve), pause);
  });
}

async function ask() {
  asking?.abort();
  asking = new AbortController();
  const { signal } = asking;
  showBusy(true);
  try {
    const answered = await evaluated(state, signal);
    if (signal.aborted) return;
    last = answered;
    showAnswer();
  } catch (problem) {
    if (signal.aborted) return;
    showProblem(problem);
  }
  showBusy(false);
}

const showBusy = (isBusy) => $("cards").setAttribute("aria-busy", String(isBusy));

// --- what is shown -------------------------------------------------------------------------------------

function showAnswer() {
  const { answer, request, panels } = last;
  showOrders($("orders"), request, answer, state.drafts !== null, () => another({}).then(focusOnCards));
  showCards($("cards"), answer, state.dismissed, { take, dismiss, restore });
  showPanel($("multiple"), panels.multiple);
  showPanel($("why"), panels.why);
  showDials();
  showWire();
  announce(spoken(answer));
}

function spoken(answer) {
  const cards = answer.cards ?? [];
  if (!cards.length) return "No card.";
  return `${cards.length === 1 ? "1 card" : `${cards.length} cards`}. ${cards.map((card) => `${card.indicator}: ${card.summary}`).join(" ")}`;
}

function announce(text) {
  if ($("announcement").textContent !== text) $("announcement").textContent = text;
}

function showProblem(problem, title = null) {
  const status = problem instanceof Refusal && problem.status >= 400 ? `The service refuses this request: ${problem.status}` : (title ?? "The service did not answer");
  const where = problem.where ? element("p", { class: "fine" }, "At ", element("code", {}, problem.where)) : null;
  $("orders").replaceChildren();
  $("cards").replaceChildren(element("div", { class: "note note--danger" }, element("p", {}, element("strong", {}, status)), element("p", {}, problem.message), where));
  for (const id of ["multiple", "why"]) $(id).replaceChildren(element("p", { class: "soft" }, "There is no answer to explain."));
  last = null;
  showWire(problem.outcome ?? null);
  announce(`${status}. ${problem.message}`);
}

function showChoice() {
  const isPasted = state.pasted !== null;
  $("pasted").hidden = !isPasted;
  $("choose").hidden = isPasted;
  select("example", state.patient);
  select("order", state.order);
  select("reason", state.reason);
  select("vary", state.vary);
  const chosen = $("example").selectedOptions[0];
  $("about").replaceChildren(element("strong", {}, chosen?.dataset.who ?? ""), ` ${capital(chosen?.dataset.about ?? "")}.`);
  check("hook", state.hook || shownHook());
  check("width", state.width);
  $("order-choice").hidden = (state.hook || shownHook()) === "patient-view";
  $("ehr").classList.toggle("ehr--narrow", state.width === "narrow");
  $("bench").classList.toggle("is-narrow", state.width === "narrow");
  for (const tab of document.querySelectorAll("[data-tab]")) {
    const isChosen = tab.dataset.tab === state.tab;
    tab.setAttribute("aria-selected", String(isChosen));
    tab.tabIndex = isChosen ? 0 : -1;
    if (isChosen) $("wire").setAttribute("aria-labelledby", tab.id);
  }
  showDials();
}

const shownHook = () => (last && state.pasted === null ? last.request.hook : "");
const capital = (text) => text.slice(0, 1).toUpperCase() + text.slice(1);

function select(id, value) {
  if ([...$(id).options].some((option) => option.value === value)) $(id).value = value;
}

function check(name, value) {
  for (const radio of document.querySelectorAll(`input[name="${name}"]`)) radio.checked = radio.value === value;
}

function showDials() {
  const charted = last?.chart ?? {};
  $("chart").disabled = last !== null && last.chart === null; // it was not read: nothing in it can be changed
  for (const dial of document.querySelectorAll("[data-control]")) {
    const id = dial.dataset.control;
    const changed = state.changes[id];
    dial.classList.toggle("is-changed", changed !== undefined);
    if (dial.dataset.kind === "switch") {
      check(`dial-${id}`, changed ?? "");
      continue;
    }
    const range = $(`dial-${id}`);
    const needs = dial.dataset.needs;
    const isFixed = last !== null && Boolean(needs) && (charted[id] ?? null) === null && state.changes[needs] === undefined;
    const value = isFixed ? null : changed ?? charted[id];
    range.disabled = isFixed;
    const isKnown = value !== null && value !== undefined;
    if (isKnown) range.value = value;
    else range.value = (Number(range.min) + Number(range.max)) / 2;
    const text = isKnown ? `${amount(value)} ${range.dataset.unit}` : last?.inWords?.[id] ?? "not charted";
    $(`value-${id}`).textContent = text;
    range.setAttribute("aria-valuetext", changed === undefined && isKnown ? `${text}, as charted` : text);
    dial.classList.toggle("is-absent", !isKnown);
    dial.querySelector(".dial__reset").hidden = changed === undefined;
  }
  $("reset-chart").hidden = !Object.keys(state.changes).length;
  if (last && state.pasted === null) check("hook", last.request.hook);
}

const amount = (value) => (Number.isInteger(value) ? String(value) : value.toFixed(1));

function showWire(outcome = null) {
  $("wire-text").textContent = wireText(outcome);
  $("curl-note").hidden = state.tab !== "curl";
}

function wireText(outcome) {
  const json = (value) => JSON.stringify(value, null, 2);
  if (state.tab === "feedback") return feedback.length ? feedback.map(json).join("\n\n") : "Nothing sent yet: take a suggestion, or dismiss a card.";
  if (last === null) return outcome ? json(outcome) : "";
  if (state.tab === "curl") return curlOf(last.service, last.request);
  return json(last[state.tab]);
}

// --- what a person does --------------------------------------------------------------------------------

async function take(card, suggestion) {
  showBusy(true);
  const drafts = draftsAfter(last.request, suggestion);
  await send(accepted(card, suggestion));
  await change({ drafts, dismissed: {} });
  announce(`Taken: ${suggestion.label}. ${last ? spoken(last.answer) : ""}`);
  focusOnCards();
}

// What had the focus is not there any more: the keyboard goes on where the answer stands.
function focusOnCards() {
  $("cards-title").focus();
}

async function dismiss(card, index, reason, comment) {
  showBusy(true);
  await send(overridden(card, reason, comment));
  await change({ dismissed: { ...state.dismissed, [index]: reason?.code ?? "" } }, { ask: false });
  showCards($("cards"), last.answer, state.dismissed, { take, dismiss, restore });
  showBusy(false);
  $("cards").querySelector(`[data-restores="${index}"]`)?.focus();
  announce(`Dismissed: ${card.summary}`);
}

async function restore(index) {
  const dismissed = { ...state.dismissed };
  delete dismissed[index];
  await change({ dismissed }, { ask: false });
  showCards($("cards"), last.answer, state.dismissed, { take, dismiss, restore });
  $("cards").querySelector(`[data-dismisses="${index}"]`)?.focus();
}

async function send(item) {
  try {
    await feedbackSent(item);
    feedback = [...feedback, item];
  } catch (problem) {
    feedback = [...feedback, { refused: problem.message, sent: item }];
  }
  showWire();
}

function moved(id, value, how) {
  const isSlider = controls[id] === "slider";
  const changes = { ...state.changes };
  if (value === "") delete changes[id];
  else changes[id] = isSlider ? Number(value) : value;
  const vary = value === "" ? state.vary : id;
  return change({ changes, vary, dismissed: {} }, { how });
}

function usePasted(text) {
  if (!text.trim()) {
    showBusy(false);
    return $("paste").focus();
  }
  pasted = text;
  return another({ pasted: text, changes: {}, hook: "", order: "own", reason: "own" });
}

async function useFile(file) {
  showBusy(true);
  await usePasted(file ? await file.text() : "");
}

// --- wiring --------------------------------------------------------------------------------------------

function wire() {
  for (const form of ["choice", "chart-form"]) $(form).addEventListener("submit", (event) => event.preventDefault());
  $("example").addEventListener("change", (event) => another({ patient: event.target.value, hook: "", order: "own", reason: "own", changes: {} }));
  $("order").addEventListener("change", (event) => another({ order: event.target.value }));
  $("reason").addEventListener("change", (event) => another({ reason: event.target.value }));
  $("vary").addEventListener("change", (event) => change({ vary: event.target.value }));
  onRadio("hook", (hook) => another({ hook }));
  onRadio("width", (width) => change({ width }, { ask: false }));
  $("ask-pasted").addEventListener("click", () => usePasted($("paste").value));
  $("file").addEventListener("change", (event) => useFile(event.target.files[0]));
  $("leave-pasted").addEventListener("click", () => another({ pasted: null, changes: {} }));
  $("reset-chart").addEventListener("click", () => change({ changes: {}, dismissed: {} }));
  for (const dial of document.querySelectorAll("[data-control]")) wireDial(dial);
  wireTabs();
  wireDrop();
  $("copy").addEventListener("click", copyWire);
  window.addEventListener("popstate", readAddress);
}

function onRadio(name, act) {
  for (const radio of document.querySelectorAll(`input[name="${name}"]`)) radio.addEventListener("change", () => act(radio.value));
}

function wireDial(dial) {
  const id = dial.dataset.control;
  if (dial.dataset.kind === "switch") return onRadio(`dial-${id}`, (value) => moved(id, value, "push"));
  const range = $(`dial-${id}`);
  let isMoving = false;
  range.addEventListener("input", () => {
    moved(id, range.value, isMoving ? "replace" : "push");
    isMoving = true;
  });
  range.addEventListener("change", () => { isMoving = false; });
  dial.querySelector(".dial__reset").addEventListener("click", () => {
    moved(id, "", "push");
    range.focus();
  });
  return undefined;
}

function wireTabs() {
  const tabs = [...document.querySelectorAll("[data-tab]")];
  const choose = async (tab) => {
    await change({ tab: tab.dataset.tab }, { how: "replace", ask: false });
    showWire();
  };
  tabs.forEach((tab, place) => {
    tab.addEventListener("click", () => choose(tab));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      const target = event.key === "Home" ? 0 : event.key === "End" ? tabs.length - 1 : step ? (place + step + tabs.length) % tabs.length : null;
      if (target === null) return;
      event.preventDefault();
      tabs[target].focus();
      choose(tabs[target]);
    });
  });
}

function wireDrop() {
  const body = document.body;
  body.addEventListener("dragover", (event) => {
    event.preventDefault();
    body.classList.add("is-dropping");
  });
  body.addEventListener("dragleave", (event) => { if (event.relatedTarget === null) body.classList.remove("is-dropping"); });
  body.addEventListener("drop", async (event) => {
    event.preventDefault();
    body.classList.remove("is-dropping");
    const file = event.dataTransfer.files[0];
    if (file) await useFile(file);
    else await usePasted(event.dataTransfer.getData("text/plain"));
  });
}

async function copyWire() {
  await copied($("wire-text").textContent);
  $("copy").textContent = "Copied";
  announce("Copied.");
  setTimeout(() => { $("copy").textContent = "Copy"; }, 1500);
}

// Where a page is not served securely there is no clipboard for scripts: the text is selected for the person.
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    getSelection().selectAllChildren($("wire-text"));
    document.execCommand("copy");
  }
}

$("needs-script").hidden = true;
$("bench").hidden = false;
wire();
readAddress();
