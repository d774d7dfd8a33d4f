// The sliders and switches that change the chart: where they stand, and when one is moved.

const $ = (id) => document.getElementById(id);
const dials = [...document.querySelectorAll("[data-control]")];

// The values that each can take: of a slider its ends, of a switch its states.
export const CONTROLS = Object.fromEntries(dials.map((dial) => [dial.dataset.control, valuesOf(dial)]));

function valuesOf(dial) {
  if (dial.dataset.kind === "switch") return { states: [...dial.querySelectorAll("input")].map((radio) => radio.value).filter(Boolean) };
  const range = $(`dial-${dial.dataset.control}`);
  return { least: Number(range.min), most: Number(range.max) };
}

export function check(name, value) {
  for (const radio of document.querySelectorAll(`input[name="${name}"]`)) radio.checked = radio.value === value;
}

export function onRadio(name, act) {
  for (const radio of document.querySelectorAll(`input[name="${name}"]`)) radio.addEventListener("change", () => act(radio.value));
}

export function showDials(changes, last) {
  $("chart").disabled = last !== null && last.chart === null; // it was not read: nothing in it can be changed
  for (const dial of dials) {
    const changed = changes[dial.dataset.control];
    dial.classList.toggle("is-changed", changed !== undefined);
    if (dial.dataset.kind === "switch") check(`dial-${dial.dataset.control}`, changed ?? "");
    else showSlider(dial, changes, last);
  }
  $("reset-chart").hidden = !Object.keys(changes).length;
}

function showSlider(dial, changes, last) {
  const { control: id, needs } = dial.dataset;
  const [charted, changed, range] = [last?.chart ?? {}, changes[id], $(`dial-${id}`)];
  const isFixed = last !== null && Boolean(needs) && (charted[id] ?? null) === null && changes[needs] === undefined;
  const value = isFixed ? null : changed ?? charted[id];
  const isKnown = value !== null && value !== undefined;
  range.disabled = isFixed;
  range.value = isKnown ? value : (Number(range.min) + Number(range.max)) / 2;
  const text = isKnown ? `${amount(value)} ${range.dataset.unit}` : last?.inWords?.[id] ?? "not charted";
  $(`value-${id}`).textContent = text;
  range.setAttribute("aria-valuetext", changed === undefined && isKnown ? `${text}, as charted` : text);
  dial.classList.toggle("is-absent", !isKnown);
  dial.querySelector(".dial__reset").hidden = changed === undefined;
}

const amount = (value) => (Number.isInteger(value) ? String(value) : value.toFixed(1));

// `moved(id, value, how)` is called for every movement, with an empty value where the chart is to hold again.
// One slider that is moved on and on, by keys or by a pointer, is one step of the history until it is let go
// of: until a pointer takes hold of it anew, the keyboard leaves it, or anything else is done.
export function wireDials(moved) {
  let held = null;
  const letGo = () => { held = null; };
  for (const dial of dials) {
    const id = dial.dataset.control;
    if (dial.dataset.kind === "switch") {
      onRadio(`dial-${id}`, (value) => moved(id, value, "push"));
      continue;
    }
    const range = $(`dial-${id}`);
    range.addEventListener("input", () => {
      const how = held === range ? "replace" : "push";
      moved(id, range.value, how);
      held = range;
    });
    for (const event of ["pointerdown", "blur"]) range.addEventListener(event, letGo);
    dial.querySelector(".dial__reset").addEventListener("click", () => {
      moved(id, "", "push");
      range.focus();
    });
  }
  return letGo;
}
