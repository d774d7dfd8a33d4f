// The workbench: the state in the URL, asked of the service, shown.

import { showCards, showOrders } from "./cards.js";
import { check, CONTROLS, onRadio, showDials, wireDials } from "./dials.js";
import { element, showPanel } from "./dom.js";
import { accepted, draftsAfter, evaluated, feedbackSent, overridden, Refusal } from "./service.js";
import { FIRST_STATE, stateFrom, urlOf } from "./state.js";
import { copied, wireDrop, wireTabs, wireText } from "./wire.js";

const $ = (id) => document.getElementById(id);
const allowed = { ...choices(), controls: CONTROLS };
const firstPatient = allowed.patient[0];
const PAUSE = 120; // ms between the last movement of a slider and the question

let state = { ...FIRST_STATE, patient: firstPatient };
let pasted = null; // what was pasted last, in memory alone
let last = null; // the last answer
let feedback = []; // what was sent since the page was opened
let asking = null;
let timer = 0;
let settle = () => {}; // of who waits for the question that is asked next
let addressed = Promise.resolve(); // the addresses of one step after the other, in their order
let letGo = () => {}; // of the slider that is held

// What each part of the address can be.
function choices() {
  const options = (id) => [...$(id).options].map((option) => option.value);
  const radios = (name) => [...document.querySelectorAll(`input[name="${name}"]`)].map((radio) => radio.value);
  return {
    patient: options("example"), hook: radios("hook"), order: options("order"), reason: options("reason"),
    draftsReason: options("reason"), vary: options("vary"), width: radios("width"),
    tab: [...document.querySelectorAll("[data-tab]")].map((tab) => tab.dataset.tab),
  };
}

// --- state ---------------------------------------------------------------------------------------------

// `how` the address changes: push for a step that Back undoes, replace while a slider moves.
async function change(changes, { how = "push", ask = true } = {}) {
  if (ask) showBusy(true);
  if (how === "push") letGo();
  state = { ...state, ...changes };
  showChoice();
  $("address-note").replaceChildren();
  await address(state, how);
  if (ask) await askSoon(how === "push" ? 0 : PAUSE);
}

// An address takes a moment to be written: of two steps the first is written first.
function address(shown, how) {
  addressed = addressed.then(async () => {
    const url = await urlOf(shown, firstPatient);
    if (how === "push") history.pushState(null, "", url);
    else history.replaceState(null, "", url);
  });
  return addressed;
}

async function readAddress() {
  showBusy(true);
  letGo();
  const read = await stateFrom(location.href, allowed);
  state = read.state;
  const isPasted = new URL(location.href).searchParams.has("pasted");
  if (isPasted && pasted !== null) state.pasted = pasted;
  showChoice();
  showFaults(read.faults);
  if (!isPasted || pasted !== null) return askSoon(0);
  showProblem(new Error("What was pasted is not kept. Paste it again, or choose an example."), "Not kept");
  return showBusy(false);
}

function showFaults(faults) {
  const lines = faults.map(({ name, value, expected, instead }) =>
    element("li", {}, element("code", {}, `${name}=`), element("bdi", {}, value), ` is not ${expected}. Used instead: ${instead}.`));
  $("address-note").replaceChildren(...(lines.length
    ? [element("div", { class: "note note--caution" }, element("p", {}, element("strong", {}, "The address of this page is wrong in part.")), element("ul", {}, ...lines))]
    : []));
}

const another = (changes) => change({ drafts: null, draftsReason: "own", dismissed: {}, ...changes });

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
  showOrders($("orders"), request, answer, state.drafts !== null, untake);
  showCards($("cards"), answer, state.dismissed, { take, dismiss, restore });
  showPanel($("multiple"), panels.multiple);
  showPanel($("why"), panels.why);
  showHook();
  showDials(state.changes, last);
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
  const isTaken = state.drafts !== null; // the order is neither the example's own nor the one that was chosen
  select("order", isTaken ? "own" : state.order);
  select("reason", isTaken ? state.draftsReason : state.reason);
  for (const id of ["order", "reason"]) $(id).options[0].textContent = isTaken ? "As taken from the card" : "As in the example";
  select("vary", state.vary);
  const chosen = $("example").selectedOptions[0];
  $("about").replaceChildren(element("strong", {}, chosen?.dataset.who ?? ""), ` ${capital(chosen?.dataset.about ?? "")}.`);
  showHook();
  check("width", state.width);
  $("ehr").classList.toggle("ehr--narrow", state.width === "narrow");
  $("bench").classList.toggle("is-narrow", state.width === "narrow");
  for (const tab of document.querySelectorAll("[data-tab]")) {
    const isChosen = tab.dataset.tab === state.tab;
    tab.setAttribute("aria-selected", String(isChosen));
    tab.tabIndex = isChosen ? 0 : -1;
    if (isChosen) $("wire").setAttribute("aria-labelledby", tab.id);
  }
  showDials(state.changes, last);
}

// The hook that was chosen; else that of the example, once it is known.
function showHook() {
  const hook = state.hook || (last && state.pasted === null ? last.request.hook : "");
  check("hook", hook);
  $("order-choice").hidden = hook === "patient-view";
}

const capital = (text) => text.slice(0, 1).toUpperCase() + text.slice(1);

function select(id, value) {
  if ([...$(id).options].some((option) => option.value === value)) $(id).value = value;
}

function showWire(outcome = null) {
  $("wire-text").textContent = wireText(state.tab, { last, feedback, outcome });
  $("curl-note").hidden = state.tab !== "curl";
}

// --- what a person does --------------------------------------------------------------------------------

async function take(card, suggestion) {
  showBusy(true);
  const drafts = draftsAfter(last.request, suggestion);
  await send(accepted(card, suggestion));
  await change({ drafts, draftsReason: "own", dismissed: {}, ...(isChartOpened() ? { hook: "order-select" } : {}) });
  announce(`Taken: ${suggestion.label}. ${last ? spoken(last.answer) : ""}`);
  focusOnCards();
}

// An order that is taken while the chart is opened is a draft: the EHR asks about it as it is selected.
const isChartOpened = () => state.pasted === null && last.request.hook === "patient-view";

async function untake() {
  const hook = $("example").selectedOptions[0]?.dataset.hook === "patient-view" ? "" : state.hook;
  await another({ hook });
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
  const changes = { ...state.changes };
  if (value === "") delete changes[id];
  else changes[id] = CONTROLS[id].states ? value : Number(value);
  const vary = value === "" ? state.vary : id;
  return change({ changes, vary, dismissed: {} }, { how });
}

// A reason is that of the order that is shown: the taken one keeps what else it is.
function changeReason(reason) {
  return state.drafts === null ? another({ reason }) : change({ draftsReason: reason, dismissed: {} });
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
  $("reason").addEventListener("change", (event) => changeReason(event.target.value));
  $("vary").addEventListener("change", (event) => change({ vary: event.target.value }));
  onRadio("hook", (hook) => change({ hook, dismissed: {} }));
  onRadio("width", (width) => change({ width }, { ask: false }));
  $("ask-pasted").addEventListener("click", () => usePasted($("paste").value));
  $("file").addEventListener("change", (event) => useFile(event.target.files[0]));
  $("leave-pasted").addEventListener("click", () => another({ pasted: null, changes: {} }));
  $("reset-chart").addEventListener("click", () => change({ changes: {}, dismissed: {} }));
  letGo = wireDials(moved);
  wireTabs(showTab);
  wireDrop(useFile, usePasted);
  $("copy").addEventListener("click", copyWire);
  window.addEventListener("popstate", readAddress);
}

async function showTab(tab) {
  await change({ tab }, { how: "replace", ask: false });
  showWire();
}

async function copyWire() {
  await copied($("wire-text").textContent, $("wire-text"));
  $("copy").textContent = "Copied";
  announce("Copied.");
  setTimeout(() => { $("copy").textContent = "Copy"; }, 1500);
}

$("needs-script").hidden = true;
$("bench").hidden = false;
wire();
readAddress();
